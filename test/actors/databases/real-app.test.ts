// Unleash, an app from npm, on a PostgreSQL of the process driver: its tables, its users and a login live in the database it was given.
import { chmodSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openAdmin } from '../../../actors/databases/open-admin.ts';
import { openProcessDriver } from '../../../actors/drivers/process/process-driver.ts';
import { findProgram } from '../../../actors/drivers/process/programs.ts';
import { newSecret } from '../../../actors/own-secrets.ts';
import { planApp } from '../../../actors/plan-app.ts';
import { loadCatalog } from '../../../catalog/load.ts';
import { freePorts } from '../../helpers/free-ports.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { planOf, reporter } from '../drivers/fixture.ts';

const { signal } = new AbortController();
const secret = () => newSecret({ format: 'letters', length: 32 });
const catalog = loadCatalog();
const SECRETS = {
	server: new Map([['secret.admin', secret()]]),
	flags: new Map(['secret.session', 'secret.admin', 'database.main.password'].map((name) => [name, secret()])),
};

test('Unleash serves from the database it was given, and has its users after a restart', { timeout: 300_000 }, async ({
	skip,
}) => {
	const [postgres, unleash] = [catalog.get('postgres'), catalog.get('unleash')];
	if (postgres?.process?.type !== 'binary' || !unleash) throw new Error('not in the catalog');
	const found = await findProgram(postgres.process, process.env['PATH'] ?? '').catch(() => null);
	if (found === null && process.env['CI'] !== 'true') skip(`postgres is not installed. ${postgres.process.hint}`);
	await using folder = await temporaryFolder();
	chmodSync(folder.path, 0o711);
	const driver = await openProcessDriver({
		data: folder.path,
		secretsOf: async (instance) => SECRETS[instance as keyof typeof SECRETS],
	});
	try {
		const [dbPort, port] = (await freePorts(2)) as [number, number];
		const server = { ...planApp(postgres, 'server', [{ name: 'db', port: dbPort }], '127.0.0.1'), desired: 'running' as const };
		const database = { server: 'server', host: '127.0.0.1', port: dbPort, database: 'flags', user: 'flags' };
		const flags = planApp(unleash, 'flags', [{ name: 'web', port }], '127.0.0.1', {
			databases: [{ ...database, name: 'main', type: 'postgres' }],
		});
		const bring = async (...apps: Parameters<typeof planOf>) => {
			const plan = planOf(...apps);
			const { generation, failed } = await driver.build(plan, reporter());
			expect(failed).toEqual({});
			await driver.activate(generation, plan, reporter());
		};
		await bring(server);
		await driver.waitHealthy('server', reporter());
		const access = { host: '127.0.0.1', port: dbPort, user: 'covey', password: `${SECRETS.server.get('secret.admin')}` };
		const admin = openAdmin('postgres', access, signal);
		const password = `${SECRETS.flags.get('database.main.password')}`;
		await admin.ensure({ ...database, password, extensions: [], owner: 'flags (unleash)' });
		await bring(server, { ...flags, desired: 'running' });
		await driver.waitHealthy('flags', reporter());
		const login = () =>
			fetch(`http://127.0.0.1:${port}/auth/simple/login`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ username: 'admin', password: SECRETS.flags.get('secret.admin') }),
			});
		expect((await login()).status).toBe(200);
		await driver.restart('flags');
		await driver.waitHealthy('flags', reporter());
		expect((await login()).status).toBe(200);
	} finally {
		await driver.shutdown();
	}
});
