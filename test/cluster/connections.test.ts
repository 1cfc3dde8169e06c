// Connecting two apps really does something: a variable, a value in a file, a call of each side; and it is taken back.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoCluster, startDemo, type What, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 180_000;
let cluster: DemoCluster;
let host: string;

beforeAll(async () => {
	cluster = await startDemo(1);
	host = [...cluster.hosts.keys()][0] ?? '';
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

const urlOf = async (instance: string) => `${(await cluster.untilRest(instance, ['running'])).url}`;
const notesOf = async (instance: string) => (await fetch(await urlOf(instance))).text();
const toldBy = async (instance: string) =>
	(await cluster.ask('timeline', { actor: `install/${instance}` })).steps.flatMap(({ notes }) => notes.map(({ text }) => text));

test('variable, file and calls are set when the app is installed with its partner', { timeout: LIMIT }, async () => {
	await cluster.create('linked-reader', 'reader', { with: ['keyed-shelf'] });
	const url = await urlOf('reader');
	const shelf = await urlOf('keyed-shelf');
	const key = environmentOf('reader')['SHELF_KEY'] ?? '';
	expect(environmentOf('reader')['SHELF_URL']).toBe(shelf);
	expect(key).toMatch(/^[A-Za-z0-9]{32}$/);
	expect(JSON.parse(readFileSync(settingsOf('reader'), 'utf8'))).toEqual({ shelf: { url: shelf, key } });
	expect(await notesOf('keyed-shelf')).toBe('reader reads here\n');
	expect(await notesOf('reader')).toBe(`connected with keyed-shelf by ${key}\n`);
	const told = await toldBy('reader');
	expect(told).toContainEqual(`POST ${url}/: 200, for reader`);
	expect(told).toContainEqual(
		`connects reader with keyed-shelf: sets SHELF_URL, SHELF_KEY; writes shelf.url, shelf.key into settings.json; calls POST ${shelf}/, POST ${url}/`,
	);
	expect(JSON.stringify(told)).not.toContain(key);
});

test('a second start calls only what does not know it yet', { timeout: LIMIT }, async () => {
	await cluster.command('reader', 'install.stop');
	await cluster.untilRest('reader', ['stopped']);
	await cluster.command('reader', 'install.start');
	await eventually(
		'its own side, which cannot tell, is called again',
		async () => (await notesOf('reader')).trim().split('\n').length === 2,
	);
	expect(await notesOf('keyed-shelf')).toBe('reader reads here\n');
});

test('a side that refuses ends the install, and the other side is told', { timeout: LIMIT }, async () => {
	await cluster.create('refused-reader', 'refused', { with: ['keyed-shelf'] });
	const { failure } = await cluster.untilRest('refused', ['rolledBack'], 120_000);
	expect(failure?.message).toContain('answered 200');
	expect(await notesOf('keyed-shelf')).toBe('reader reads here\nrefused reads here\nrefused reads here no more\n');
});

test('an app that was there before is connected when what it can use is installed; without it, it goes on', {
	timeout: LIMIT,
}, async () => {
	await cluster.create('curious-reader', 'curious');
	await cluster.untilRest('curious', ['running']);
	expect(environmentOf('curious')['PEN_URL']).toBeUndefined();
	const { plan } = await cluster.ask('plan.install', { app: 'pen' });
	expect(plan.reconfigures).toMatchObject([{ instance: 'curious', integration: 'pen', with: 'pen' }]);
	await cluster.create('pen', 'pen', { plan: plan.fingerprint });
	const pen = await urlOf('pen');
	await eventually('it is connected', async () => {
		const { data, actor } = await cluster.ask('show', { actor: 'install/curious' });
		return actor.phase === 'running' && JSON.stringify(data).includes('"with":"pen"');
	});
	expect(environmentOf('curious')['PEN_URL']).toBe(pen);
	await cluster.command('curious', 'install.connect', { uses: [] });
	await eventually('it is alone again', async () => {
		const { actor, data } = await cluster.ask('show', { actor: 'install/curious' });
		return actor.phase === 'running' && !JSON.stringify(data).includes('"with":"pen"');
	});
	expect(environmentOf('curious')['PEN_URL']).toBeUndefined();
});

test('a connection with what is not there leaves the app as it was, and says why', { timeout: LIMIT }, async () => {
	await cluster.command('curious', 'install.connect', { uses: [{ integration: 'pen', with: 'nobody' }] });
	await eventually('it says why', async () => {
		const { actor, data } = await cluster.ask('show', { actor: 'install/curious' });
		return actor.phase === 'running' && JSON.stringify(data).includes('DEPENDENCY_FAILED');
	});
	await urlOf('curious');
});

const HELD = 'held-shelf';
const linesOf = async (instance: string, line: string) =>
	(await notesOf(instance)).split('\n').filter((one) => one === line).length;
/** The moment the partner has taken the line and has not answered yet. */
const heard = (line: string) =>
	eventually(`${HELD} has heard: ${line}`, () => readFileSync(notesFile(HELD), 'utf8').includes(`${line}\n`));

test('kill -9 between a call and its answer, of the process, of process and nats-server: it is made once', {
	timeout: LIMIT,
}, async () => {
	await cluster.create(HELD, HELD);
	await urlOf(HELD);
	await cluster.plant(HELD);
	for (const what of ['host', 'both'] as const) {
		const instance = `reader-${what}`;
		const line = `${instance} reads here`;
		await strike(what, line, () => cluster.create('linked-reader', instance, { with: [HELD] }));
		await cluster.untilRest(instance, ['running'], 120_000);
		expect(await linesOf(HELD, line)).toBe(1);
	}
});

test('kill -9 while a partner is told of the end, of the nats-server, of process and nats-server: it ends, and is not called again', {
	timeout: LIMIT,
}, async () => {
	for (const [what, instance] of [
		['nats', 'reader-host'],
		['both', 'reader-both'],
	] as const) {
		await strike(what, `${instance} reads here no more`, () => cluster.command(instance, 'install.remove'));
		await cluster.untilRest(instance, ['removed'], 120_000);
		expect(await linesOf(HELD, `${instance} reads here`)).toBe(1);
	}
});

async function strike(what: What, line: string, act: () => Promise<unknown>): Promise<void> {
	const shoot = cluster.aim(what);
	await act();
	await heard(line);
	shoot(host);
	if (what !== 'nats') await cluster.revive(host);
}

test('a power cut while an app is removed: its partner, which comes up later, is told all the same', {
	timeout: LIMIT,
}, async () => {
	await cluster.create('linked-reader', 'cut-off', { with: [HELD] });
	await cluster.untilRest('cut-off', ['running']);
	const met = whenSeen(cluster, { kind: 'install', id: 'cut-off' }, ({ view }) => view.phase === 'removing');
	const shoot = cluster.aim('machine');
	const removed = cluster.command('cut-off', 'install.remove');
	await met.then(() => shoot(host));
	await Promise.all([cluster.revive(host), removed]);
	await cluster.untilRest('cut-off', ['removed'], 120_000);
	expect(await linesOf(HELD, 'cut-off reads here no more')).toBeGreaterThan(0);
});

test('removing the app tells its partner', { timeout: LIMIT }, async () => {
	await cluster.command('reader', 'install.remove');
	await cluster.untilRest('reader', ['removed']);
	expect(await notesOf('keyed-shelf')).toContain('reader reads here no more');
});

test('the verifier finds nothing', { timeout: LIMIT }, async () => {
	expect(verify(await gather(cluster))).toEqual([]);
});

const notesFile = (instance: string) => join(cluster.folder, host, 'apps', instance, 'data/notes.txt');
const settingsOf = (instance: string) => join(cluster.folder, host, 'apps', instance, 'data/settings.json');

function environmentOf(instance: string): Record<string, string> {
	for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
		try {
			const all = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
			if (all.some((one) => one.startsWith('COVEY_UNIT=') && one.endsWith(`/${instance}`)))
				return Object.fromEntries(all.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
		} catch {
			// ended between the look and the read
		}
	}
	return {};
}
