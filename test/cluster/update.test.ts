// Updates of a real npm app: to a version that works, to one that is not there, to one that never gets well, and with a host killed in the middle.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onPath } from '../../actors/drivers/process/programs.ts';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { type DemoCluster, startDemo, type What, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { UNREACHABLE_IMAGE, VERSIONED_ILL } from '../helpers/test-catalog.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 240_000;
const [OLD, NEW] = ['2.0.0', '3.0.0'];
/** The app is ill in it. */
const BAD = VERSIONED_ILL;
let cluster: DemoCluster;
let host: string;

beforeAll(async () => {
	cluster = await startDemo(1);
	host = [...cluster.hosts.keys()][0] ?? '';
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

const dataFile = (instance: string, file: string) => join(cluster.folder, host, 'apps', instance, 'data', file);
const version = async (instance: string) => {
	const { url } = await cluster.untilRest(instance, ['running'], 120_000);
	return eventually(`${instance} tells its version`, async () => (await fetch(`${url}`)).text());
};
const update = (instance: string, to: string) => cluster.command(instance, 'install.update', { version: to });

test('an update keeps data, ports and place; the plan asks for the new version', { timeout: LIMIT }, async () => {
	await cluster.create('versioned', 'app');
	expect(await version('app')).toBe(OLD);
	const before = await cluster.untilRest('app', ['running']);
	writeFileSync(dataFile('app', 'mine'), 'kept');
	await update('app', NEW);
	expect(await version('app')).toBe(NEW);
	expect(await cluster.untilRest('app', ['running'])).toMatchObject({ url: before.url, failure: null });
	expect(readFileSync(dataFile('app', 'mine'), 'utf8')).toBe('kept');
	const { updates, images } = await cluster.ask('updates');
	expect(updates).toMatchObject([{ instance: 'app', installed: NEW, catalog: OLD, update: true }]);
	const why = '127.0.0.1:1 could not be reached (ECONNREFUSED)';
	expect(images).toMatchObject([{ instance: 'app', image: UNREACHABLE_IMAGE, pinned: null, newest: null, why }]);
	const shown = await cluster.ask('show', { actor: 'install/app' });
	expect(shown.images).toEqual([{ image: UNREACHABLE_IMAGE, digest: null, why }]);
});

test('a version that does not exist changes nothing, and says so', { timeout: LIMIT }, async () => {
	await update('app', '99.0.0');
	const { failure, words } = await cluster.untilRest('app', ['running'], 120_000);
	expect(failure?.code).toBe('PACKAGE_NOT_FOUND');
	expect(words).toContain('It is as it was before');
	expect(await version('app')).toBe(NEW);
});

test('a version that never gets well gives way to the old one, with the data as it was', { timeout: LIMIT }, async () => {
	await update('app', BAD);
	const { failure } = await cluster.untilRest('app', ['running'], 120_000);
	expect(failure?.code).toBe('UNHEALTHY');
	expect(await version('app')).toBe(NEW);
	expect(readFileSync(dataFile('app', 'mine'), 'utf8')).toBe('kept');
	expect(existsSync(dataFile('app', `touched-by-${BAD}`))).toBe(false);
	expect(existsSync(dataFile('app', `touched-by-${NEW}`))).toBe(true);
	const { steps } = await cluster.ask('timeline', { actor: 'install/app' });
	expect(JSON.stringify(steps)).toContain(`a copy of the data of app, before ${NEW} becomes ${BAD}`);
});

/** Each state of an update, with who dies in it, what it is to become, and what it is in the end. */
const STATES = [
	['saving', 'both', BAD, NEW],
	['changing', 'nats', OLD, OLD],
	['rebuilding', 'host', NEW, NEW],
	['trying', 'both', BAD, NEW],
	['takingBack', 'both', BAD, NEW],
	['reviving', 'nats', BAD, NEW],
] as const;

for (const [state, what, to, end] of STATES)
	test(`kill -9 of ${what === 'both' ? 'process and nats-server' : what} while ${state}: it comes to the same end`, {
		timeout: LIMIT,
	}, async () => {
		const met = struck(what, (record) => stateOf(record) === state);
		// The answer may be lost with the host: it is asked for again once the host is back.
		await Promise.all([update('app', to), met]);
		await cluster.untilRest('app', ['running'], 120_000);
		expect(await version('app')).toBe(end);
		expect(readFileSync(dataFile('app', 'mine'), 'utf8')).toBe('kept');
		expect(existsSync(dataFile('app', `touched-by-${BAD}`))).toBe(false);
	});

test('kill -9 of the process while a person accepts that data is missing: it goes on with what is there', {
	timeout: LIMIT,
}, async () => {
	await cluster.command('app', 'install.stop');
	await cluster.untilRest('app', ['stopped']);
	rmSync(join(cluster.folder, host, 'apps', 'app'), { recursive: true });
	await cluster.command('app', 'install.start');
	expect((await cluster.untilRest('app', ['error'])).failure?.code).toBe('NEVER_EMPTY');
	const met = struck('host', (record) => stateOf(record) === 'accepting');
	await Promise.all([cluster.command('app', 'install.acceptData'), met]);
	expect(await version('app')).toBe(NEW);
	expect(existsSync(dataFile('app', 'mine'))).toBe(false);
});

const stateOf = ({ snap }: ActorRecord): unknown => (snap as { value?: unknown }).value;

/** Resolves when it is back. */
async function struck(what: What, fits: (record: ActorRecord) => boolean): Promise<void> {
	const shoot = cluster.aim(what);
	await whenSeen(cluster, { kind: 'install', id: 'app' }, fits);
	shoot(host);
	if (what !== 'nats') await cluster.revive(host);
}

const withoutPostgres = onPath('psql', process.env['PATH'] ?? '') === null && process.env['CI'] !== 'true';

test.skipIf(withoutPostgres)(
	'an update that fails brings back files and database together, also when its host is killed while it does (needs psql)',
	{ timeout: LIMIT },
	async () => {
		await cluster.create('versioned-ledger', 'books');
		const url = (await cluster.untilRest('books', ['running'], 120_000)).url;
		const traces = () =>
			eventually('books tells its traces', async () => {
				const told = await fetch(`${url}/traces`);
				return told.ok && [...new Set((await told.text()).trim().split('\n'))];
			});
		expect(await traces()).toEqual([`touched-by-${OLD}`]);
		const shoot = cluster.aim('both');
		const takesBack = ({ effects }: ActorRecord) => Object.values(effects).some(({ src }) => src === 'takeBackUpdate');
		const met = whenSeen(cluster, { kind: 'install', id: 'books' }, takesBack).then(() => shoot(host));
		await Promise.all([update('books', BAD), met.then(() => cluster.revive(host))]);
		expect((await cluster.untilRest('books', ['running'], 120_000)).failure?.code).toBe('UNHEALTHY');
		expect(await version('books')).toBe(OLD);
		expect(await traces()).toEqual([`touched-by-${OLD}`]);
		expect(existsSync(dataFile('books', `touched-by-${BAD}`))).toBe(false);
		const told = JSON.stringify((await cluster.ask('timeline', { actor: 'install/books' })).steps);
		expect(told).toMatch(/a copy of the database \S+ of postgres-/);
		expect(told).toMatch(/the database \S+ of postgres-\S+ is as it was/);

		await update('books', NEW);
		expect(await version('books')).toBe(NEW);
		expect(await traces()).toEqual([`touched-by-${OLD}`, `touched-by-${NEW}`]);
	},
);

test('the verifier finds nothing', { timeout: LIMIT }, async () => {
	expect(verify(await gather(cluster))).toEqual([]);
});
