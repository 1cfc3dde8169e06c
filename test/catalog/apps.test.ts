// Every app of the catalog, for real: installed, started, used, restarted, and its data still there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { PlannedApp } from '../../actors/drivers/plan.ts';
import { openProcessDriver } from '../../actors/drivers/process/process-driver.ts';
import { onPath } from '../../actors/drivers/process/programs.ts';
import { planApp } from '../../actors/plan-app.ts';
import { loadCatalog } from '../../catalog/load.ts';
import { planOf, reporter } from '../actors/drivers/fixture.ts';
import { eventually } from '../helpers/eventually.ts';
import { freePorts } from '../helpers/free-ports.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** Puts something in by the app's own interface; and looks, after the restart, whether it is there. */
interface Use {
	put(url: string, data: string): Promise<unknown>;
	check(url: string, data: string, put: unknown): Promise<void>;
	/** Only so that nothing leaves this machine while testing. */
	change?(app: PlannedApp): PlannedApp;
}

const json = async (url: string, init: RequestInit = {}): Promise<unknown> => (await fetch(url, init)).json();
const withJson = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
	method,
	body: JSON.stringify(body),
	headers: { 'content-type': 'application/json', ...headers },
});
const ANNA = { authorization: `Basic ${Buffer.from('anna:secret').toString('base64')}` };
const annasAccount = (password: string) =>
	withJson('PUT', { name: 'anna', password }, { authorization: `Basic ${Buffer.from(`anna:${password}`).toString('base64')}` });

const USES: Record<string, Use> = {
	'actual-budget': {
		put: (url) => json(`${url}/account/bootstrap`, withJson('POST', { password: 'a good one' })),
		check: async (url) => expect(await json(`${url}/account/needs-bootstrap`)).toMatchObject({ data: { bootstrapped: true } }),
	},
	'node-red': {
		put: (url) =>
			fetch(
				`${url}/flows`,
				withJson('POST', [{ id: 'f1', type: 'tab', label: 'kept flow' }], { 'Node-RED-Deployment-Type': 'full' }),
			),
		check: async (url) => expect(JSON.stringify(await json(`${url}/flows`))).toContain('kept flow'),
	},
	radicale: {
		put: async (url) => expect((await fetch(`${url}/anna/calendar/`, { method: 'MKCALENDAR', headers: ANNA })).status).toBe(201),
		check: async (url) =>
			expect((await fetch(`${url}/anna/calendar/`, { method: 'PROPFIND', headers: { ...ANNA, depth: '0' } })).status).toBe(207),
	},
	syncthing: {
		put: async (url) => (await fetch(url)).headers.get('x-syncthing-id'),
		check: async (url, data, put) => {
			expect(put).toMatch(/^[A-Z0-9]{7}-/);
			expect((await fetch(url)).headers.get('x-syncthing-id')).toBe(put);
			expect(readFileSync(join(data, 'config/config.xml'), 'utf8')).not.toContain('22000');
		},
		change: (app) => JSON.parse(JSON.stringify(app).replace('<localAnnounceEnabled>true', '<localAnnounceEnabled>false')),
	},
	tiddlywiki: {
		put: async (url, data) => {
			await fetch(
				`${url}/recipes/default/tiddlers/Kept`,
				withJson('PUT', { title: 'Kept', text: 'a note' }, { 'x-requested-with': 'TiddlyWiki' }),
			);
			// It answers before it has written.
			await eventually('the note is on disk', () => existsSync(join(data, 'wiki/tiddlers/Kept.tid')));
		},
		check: async (url) => expect(await json(`${url}/recipes/default/tiddlers/Kept`)).toMatchObject({ text: 'a note' }),
	},
	verdaccio: {
		put: async (url) => expect((await fetch(`${url}/-/user/org.couchdb.user:anna`, annasAccount('a good one'))).status).toBe(201),
		check: async (url) => {
			expect((await fetch(`${url}/-/user/org.couchdb.user:anna`, annasAccount('a wrong one'))).status).toBe(401);
			expect((await fetch(`${url}/-/user/org.couchdb.user:anna`, annasAccount('a good one'))).status).toBe(201);
		},
	},
};

const catalog = loadCatalog();
const folder = await temporaryFolder();
const driver = await openProcessDriver({ data: folder.path });
afterAll(async () => {
	await driver.shutdown();
	await folder[Symbol.asyncDispose]();
});

/** In test/actors/databases and test/cluster/torrents.test.ts, with what they need. */
const TRIED_ELSEWHERE = ['flood', 'miniflux', 'transmission-daemon', 'unleash'];

test('every app of the catalog that runs without containers is tried here; database servers have a test of their own', () => {
	const names = catalog
		.all()
		.flatMap(({ name, category, process: without }) =>
			without && category !== 'database' && !TRIED_ELSEWHERE.includes(name) ? [name] : [],
		);
	expect(Object.keys(USES).sort()).toEqual(names);
});

test.for(Object.entries(USES))(
	'%s serves, and has its data after a restart',
	{ timeout: 240_000 },
	async ([name, use], { skip }) => {
		const entry = catalog.get(name);
		if (!entry) throw new Error(`${name} is not in the catalog`);
		if (
			entry.process?.type === 'binary' &&
			onPath(entry.process.program, process.env['PATH'] ?? '') === null &&
			process.env['CI'] !== 'true'
		) {
			skip(`${entry.process.program} is not installed. ${entry.process.hint}`);
		}
		const ports = await freePorts(entry.ports.length);
		const app = planApp(
			entry,
			name,
			entry.ports.map((port, index) => ({ name: port.name, port: ports[index] ?? 0 })),
			'127.0.0.1',
		);
		const plan = planOf({ ...(use.change?.(app) ?? app), desired: 'running' });
		const { generation, failed } = await driver.build(plan, reporter());
		expect(failed).toEqual({});
		await driver.activate(generation, plan, reporter());
		await driver.waitHealthy(name, reporter());
		const url = `http://127.0.0.1:${ports[0]}`;
		const data = join(folder.path, 'apps', name);
		expect((await fetch(url)).status).toBe(200);
		const put = await use.put(url, data);
		await driver.restart(name);
		await driver.waitHealthy(name, reporter());
		await use.check(url, data, put);
		await driver.stop(name);
	},
);
