// Apps on shared database servers, with real servers: begun when first needed, shared, given up, killed in the middle, kept and brought back.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onPath } from '../../actors/drivers/process/programs.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { type DemoCluster, startDemo, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 180_000;
const TYPES = ['postgres', 'mariadb', 'redis'] as const;
const PROGRAMS = ['psql', 'mariadbd', 'redis-server'];
const path = `${process.env['PATH']}:/usr/sbin`;
const missing = PROGRAMS.filter((program) => onPath(program, path) === null);
let cluster: DemoCluster;
let host: string;

/** With CI=true nothing is skipped. */
describe.skipIf(missing.length > 0 && process.env['CI'] !== 'true')(`databases (need ${PROGRAMS.join(', ')})`, () => {
	beforeAll(async () => {
		cluster = await startDemo(1);
		host = [...cluster.hosts.keys()][0] ?? '';
	}, LIMIT);

	afterAll(async () => {
		await cluster?.[Symbol.asyncDispose]();
	});

	const urlOf = async (instance: string) => `${(await cluster.untilRest(instance, ['running'], 120_000)).url}`;
	const say = async (instance: string, line: string) => {
		const url = await urlOf(instance);
		await eventually(`${instance} takes a line`, async () => (await fetch(url, { method: 'POST', body: line })).ok);
	};
	/** An app that runs may still be on its way up again after a restart of its host. */
	const lines = async (instance: string) => {
		const url = await urlOf(instance);
		const answer = await eventually(`${instance} tells its lines`, async () => {
			const told = await fetch(url);
			return told.ok && { text: await told.text() };
		});
		return answer.text.trim();
	};
	const servers = async () =>
		(await cluster.ask('apps')).apps
			.filter(({ app, phase }) => TYPES.includes(app as never) && phase !== 'removed')
			.map(({ instance }) => instance);

	test('two apps that begin at once share one PostgreSQL, begun for the first of them', { timeout: LIMIT }, async () => {
		await Promise.all([cluster.create('ledger-postgres', 'anna'), cluster.create('ledger-postgres', 'bert')]);
		await cluster.create('ledger-mariadb', 'cora');
		await say('anna', 'of anna');
		await say('bert', 'of bert');
		expect(await lines('anna')).toBe('of anna');
		expect(await lines('bert')).toBe('of bert');
		await say('cora', 'of cora');
		expect(await servers()).toEqual([`mariadb-${host}`, `postgres-${host}`]);
		expect((await cluster.ask('show', { actor: 'install/anna' })).data).toMatchObject({
			databases: [{ name: 'main', type: 'postgres', server: `postgres-${host}` }],
		});
	});

	test('nobody can read a password where others look: plans, records, timeline, logs, arguments', {
		timeout: LIMIT,
	}, async () => {
		const passwords = passwordsOf('anna', 'bert');
		expect(passwords.length).toBe(2);
		const told = JSON.stringify([
			await cluster.ask('timeline', { actor: 'install/anna' }),
			await cluster.ask('show', { actor: 'install/anna' }),
			await cluster.ask('show', { actor: `install/postgres-${host}` }),
		]);
		const files = readdirSync(join(cluster.folder, host), { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile() && !/apps\/|store\//.test(`${entry.parentPath}/`) && !entry.parentPath.includes('/nats'))
			.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
		for (const password of passwords) {
			expect(told.includes(password)).toBe(false);
			expect(files.filter((text) => text.includes(password)).length).toBe(0);
		}
	});

	test('an exported app has its database with it, in a form that its own server reads', { timeout: LIMIT }, async () => {
		const to = join(cluster.folder, '..', 'exported');
		const { code, data } = await cluster.cli('export', 'anna', '--to', to, '--stop', '--secrets');
		expect(data).toMatchObject({ state: 'stopped', dumped: ['main'] });
		expect(code).toBe(0);
		expect(await lines('anna')).toBe('of anna');
		const dump = join(to, 'data/database-main-dump/main.dump');
		expect(execFileSync('pg_restore', ['--file=-', dump], { encoding: 'utf8' })).toContain('of anna');
		expect(readFileSync(join(to, 'compose.yaml'), 'utf8')).toContain('./data/database-main-dump:/docker-entrypoint-initdb.d:ro');
		expect(existsSync(join(cluster.folder, host, 'exports/anna'))).toBe(false);
	});

	test('a server is not removed while apps have their databases on it', { timeout: LIMIT }, async () => {
		const refused = await cluster.command(`postgres-${host}`, 'install.remove').catch((thrown: unknown) => thrown);
		if (!(refused instanceof CoveyError)) {
			const { failure } = await cluster.untilRest(`postgres-${host}`, ['running']);
			expect(failure?.code).toBe('REMOVAL_BLOCKED');
			expect(failure?.message).toContain('anna, bert');
		}
		expect(await lines('anna')).toBe('of anna');
	});

	for (const type of ['redis'] as const)
		test(`kill -9 of the host while a ${type} is begun for an app: it runs when the host is back, with one server`, {
			timeout: LIMIT,
		}, async () => {
			const shoot = cluster.aim('both');
			const met = whenSeen(cluster, { kind: 'install', id: `${type}-${host}` }, ({ view }) => view.phase === 'starting').then(
				() => shoot(host),
			);
			await cluster.create(`ledger-${type}`, `killed-${type}`);
			await met;
			await cluster.revive(host);
			await say(`killed-${type}`, 'after the kill');
			expect(await lines(`killed-${type}`)).toBe('after the kill');
			expect((await servers()).filter((name) => name.startsWith(type))).toEqual([`${type}-${host}`]);
			expect(await lines('bert')).toBe('of bert');
		});

	test('a server of its own that a person wished is begun for the app, found again by it, and given up with it', {
		timeout: LIMIT,
	}, async () => {
		const { words } = await cluster.ask('plan.install', { app: 'ledger-redis', name: 'solo', dedicated: ['redis'] });
		expect(JSON.stringify(words)).toContain(`solo-redis, a Redis server for solo alone, is started on ${host}: 32 MiB of memory`);
		await cluster.create('ledger-redis', 'solo', { dedicated: ['redis'] });
		await say('solo', 'mine alone');
		const server = { name: 'main', type: 'redis', server: 'solo-redis' };
		expect((await cluster.ask('show', { actor: 'install/solo' })).data).toMatchObject({
			databases: [server],
			dedicated: ['redis'],
		});
		const { steps } = await cluster.ask('timeline', { actor: 'install/solo' });
		expect(JSON.stringify(steps)).toContain('starts solo-redis: for solo alone');
		await cluster.command('solo', 'install.remove');
		expect((await cluster.untilRest('solo', ['removed'])).words).toContain('No app uses solo-redis any more');
		await cluster.create('ledger-redis', 'solo');
		expect(await lines('solo')).toBe('mine alone');
		expect((await cluster.ask('show', { actor: 'install/solo' })).data).toMatchObject({ databases: [server] });
	});

	for (const [type, what] of [
		['postgres', 'host'],
		['mariadb', 'nats'],
	] as const)
		test(`kill -9 of ${what} while an app is given a database on a ${type} that runs: it has one, and nobody else lost theirs`, {
			timeout: LIMIT,
		}, async () => {
			const instance = `given-${type}`;
			const shoot = cluster.aim(what);
			const isGiven = ({ effects }: ActorRecord) => Object.values(effects).some(({ src }) => src === 'provideDatabases');
			const met = whenSeen(cluster, { kind: 'install', id: instance }, isGiven).then(async () => {
				shoot(host);
				if (what === 'host') await cluster.revive(host);
			});
			await Promise.all([cluster.create(`ledger-${type}`, instance), met]);
			await say(instance, `of ${instance}`);
			expect(await lines(instance)).toBe(`of ${instance}`);
			expect(await lines('anna')).toBe('of anna');
			expect(await lines('cora')).toBe('of cora');
		});

	test('an app that never gets well takes its database back with it, and the server that was begun for it', {
		timeout: LIMIT,
	}, async () => {
		await cluster.create('own-ledger', 'alone');
		await say('alone', 'mine');
		expect(await servers()).toContain('alone-postgres');
		// Killed while it takes back, too.
		const shoot = cluster.aim('both');
		const met = whenSeen(cluster, { kind: 'install', id: 'sick' }, isTakenOut).then(async () => {
			shoot(host);
			await cluster.revive(host);
		});
		await Promise.all([cluster.create('sick-ledger-postgres', 'sick'), met]);
		await cluster.untilRest('sick', ['rolledBack'], 120_000);
		expect(await databasesOf('anna')).not.toContain('sick');
		expect(await servers()).toContain(`postgres-${host}`);
	});

	test('an app that is removed keeps its database, and has it again', { timeout: LIMIT }, async () => {
		await cluster.command('anna', 'install.remove');
		await cluster.untilRest('anna', ['removed']);
		await cluster.create('ledger-postgres', 'anna');
		expect(await lines('anna')).toBe('of anna');
	});

	test('after a stop of everything the servers come first, and every app has its lines', { timeout: LIMIT }, async () => {
		await cluster.stop();
		await cluster.restart();
		expect(await lines('anna')).toBe('of anna');
		expect(await lines('alone')).toBe('mine');
		expect(await lines('cora')).toBe('of cora');
		expect(await lines('killed-redis')).toBe('after the kill');
	});

	test('who goes last is told of the server that nobody uses any more, and that one can go', { timeout: LIMIT }, async () => {
		await cluster.command('alone', 'install.remove');
		const { words } = await cluster.untilRest('alone', ['removed']);
		expect(words).toContain('No app uses alone-postgres any more');
		await cluster.command('alone-postgres', 'install.remove');
		await cluster.untilRest('alone-postgres', ['removed']);
		expect(await servers()).not.toContain('alone-postgres');
		expect(existsSync(join(cluster.folder, host, 'apps/alone-postgres/data/pg'))).toBe(true);
	});

	test('the verifier finds nothing', { timeout: LIMIT }, async () => {
		expect(verify(await gather(cluster))).toEqual([]);
	});

	/** The step that gives its database up. */
	const isTakenOut = ({ effects }: ActorRecord) =>
		Object.values(effects).some(({ src, input }) => src === 'undoInstall' && JSON.stringify(input).includes('removeFromPlan'));

	/** As the app itself would ask. */
	async function databasesOf(instance: string): Promise<string> {
		const url = await urlOf(instance);
		await fetch(url, {
			method: 'POST',
			body: "x'); DELETE FROM said WHERE text = 'x'; INSERT INTO said SELECT 'db ' || datname FROM pg_database; --",
		});
		const all = await (await fetch(url)).text();
		await fetch(url, { method: 'POST', body: "x'); DELETE FROM said WHERE text LIKE 'db %' OR text = 'x'; --" });
		return all;
	}
});

function passwordsOf(...instances: string[]): string[] {
	const found = readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.flatMap((pid) => {
			try {
				const env = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
				const isTheirs = env.some((one) => instances.some((name) => one.startsWith('COVEY_UNIT=') && one.endsWith(`/${name}`)));
				const password = env.find((one) => one.startsWith('DB_PASSWORD='));
				return isTheirs && password ? [password.slice('DB_PASSWORD='.length)] : [];
			} catch {
				return [];
			}
		});
	return [...new Set(found)];
}
