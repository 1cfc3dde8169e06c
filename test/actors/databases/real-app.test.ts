// Real apps on one PostgreSQL of the process driver, Unleash from npm and Miniflux built by Go: what they know lives in the database that
// each was given.
import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAdmin } from '../../../actors/databases/open-admin.ts';
import type { PlannedApp } from '../../../actors/drivers/plan.ts';
import { findGo } from '../../../actors/drivers/process/go.ts';
import { openProcessDriver, type ProcessDriver } from '../../../actors/drivers/process/process-driver.ts';
import { findProgram } from '../../../actors/drivers/process/programs.ts';
import { newSecret } from '../../../actors/own-secrets.ts';
import { planApp } from '../../../actors/plan-app.ts';
import type { CatalogEntry } from '../../../catalog/entry.ts';
import { loadCatalog } from '../../../catalog/load.ts';
import { freePorts } from '../../helpers/free-ports.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { planOf, reporter } from '../drivers/fixture.ts';

const { signal } = new AbortController();
const secret = () => newSecret({ format: 'letters', length: 32 });
const catalog = loadCatalog();
const postgres = entryOf('postgres');
const hint = postgres.process?.type === 'binary' ? postgres.process.hint : '';
const found =
	postgres.process?.type === 'binary' ? await findProgram(postgres.process, process.env['PATH'] ?? '').catch(() => null) : null;
const go = await findGo().catch(() => null);
const isCi = process.env['CI'] === 'true';

const secrets: Record<string, Map<string, string>> = {
	server: new Map([['secret.admin', secret()]]),
	flags: new Map(['secret.session', 'secret.admin', 'database.main.password'].map((name) => [name, secret()])),
	news: new Map(['secret.admin-password', 'database.postgres.password'].map((name) => [name, secret()])),
};
const apps: PlannedApp[] = [];
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let driver: ProcessDriver;
let dbPort: number;

beforeAll(async () => {
	folder = await temporaryFolder();
	chmodSync(folder.path, 0o711);
	driver = await openProcessDriver({ data: folder.path, secretsOf: async (instance) => secrets[instance] ?? new Map() });
	if (found === null && !isCi) return;
	dbPort = (await freePorts(1))[0] ?? 0;
	await bring(planApp(postgres, 'server', [{ name: 'db', port: dbPort }], '127.0.0.1'));
}, 120_000);

afterAll(async () => {
	await driver.shutdown();
	await folder[Symbol.asyncDispose]();
});

test('Unleash serves from the database it was given, and has its users after a restart', { timeout: 300_000 }, async ({
	skip,
}) => {
	if (found === null && !isCi) skip(`postgres is not installed. ${hint}`);
	const url = await bringWithDatabase('unleash', 'flags', 'main');
	const login = () =>
		fetch(`${url}/auth/simple/login`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ username: 'admin', password: secrets.flags?.get('secret.admin') }),
		});
	expect((await login()).status).toBe(200);
	await driver.restart('flags');
	await driver.waitHealthy('flags', reporter());
	expect((await login()).status).toBe(200);
});

test('Miniflux is built by Go, serves from the database it was given, and has its feeds after a restart', {
	timeout: 900_000,
}, async ({ skip }) => {
	if (found === null && !isCi) skip(`postgres is not installed. ${hint}`);
	if (go === null && !isCi) skip('Go is not installed. See https://go.dev/dl');
	const url = await bringWithDatabase('miniflux', 'news', 'postgres');
	const login = Buffer.from(`admin:${secrets.news?.get('secret.admin-password')}`).toString('base64');
	const ask = (path: string, body?: object) =>
		fetch(`${url}/v1/${path}`, {
			method: body ? 'POST' : 'GET',
			headers: { authorization: `Basic ${login}`, 'content-type': 'application/json' },
			...(body ? { body: JSON.stringify(body) } : {}),
		});
	expect((await ask('categories', { title: 'kept' })).status).toBe(201);
	await driver.restart('news');
	await driver.waitHealthy('news', reporter());
	expect(JSON.stringify(await (await ask('categories')).json())).toContain('"kept"');
});

function entryOf(name: string): CatalogEntry {
	const entry = catalog.get(name);
	if (entry) return entry;
	throw new Error(`${name} is not in the catalog`);
}

/** Builds and starts it beside what runs already; healthy when it resolves. */
async function bring(app: PlannedApp): Promise<void> {
	apps.push({ ...app, desired: 'running' });
	const plan = planOf(...apps);
	const { generation, failed } = await driver.build(plan, reporter());
	expect(failed).toEqual({});
	await driver.activate(generation, plan, reporter());
	await driver.waitHealthy(app.instance, reporter());
}

/** Its address. */
async function bringWithDatabase(app: string, instance: string, name: string): Promise<string> {
	const [port = 0] = await freePorts(1);
	const access = { host: '127.0.0.1', port: dbPort, user: 'covey', password: `${secrets.server?.get('secret.admin')}` };
	const database = { server: 'server', host: '127.0.0.1', port: dbPort, database: instance, user: instance };
	const password = `${secrets[instance]?.get(`database.${name}.password`)}`;
	const admin = openAdmin('postgres', access, signal);
	await admin.ensure({ ...database, password, extensions: [], owner: `${instance} (${app})` });
	const databases = [{ ...database, name, type: 'postgres' as const }];
	await bring(planApp(entryOf(app), instance, [{ name: 'web', port }], '127.0.0.1', { databases }));
	return `http://127.0.0.1:${port}`;
}
