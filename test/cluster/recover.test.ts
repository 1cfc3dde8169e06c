// The majority of the voters is lost for good: a person goes on from the one that is left, with what it has; the others stay out.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { type GrownCluster, startGrown } from '../helpers/grown-cluster.ts';

const LIMIT = 300_000;
let cluster: GrownCluster;
let before: unknown[];

beforeAll(async () => {
	cluster = await startGrown('alder');
	await cluster.add('birch', 'alder');
	await cluster.add('cedar', 'alder');
	await cluster.untilVoters('alder', ['alder', 'birch', 'cedar']);
	for (const [app, host] of [
		['stays', 'cedar'],
		['lost', 'birch'],
	] as const) {
		const { code, data } = await cluster.cli('alder', 'install', 'notes', '--name', app, '--host', host, '--wait');
		expect(code, JSON.stringify(data)).toBe(0);
	}
	await eventually('it keeps a copy as well', async () => {
		const { data } = await cluster.cli('alder', 'hosts');
		return data.hosts.some(({ host, copyAt }: { host: string; copyAt: number | null }) => host === 'cedar' && copyAt !== null);
	});
	before = await stepsOf('stays', 'cedar');
}, LIMIT);
afterAll(() => cluster?.[Symbol.asyncDispose](), LIMIT);

const stepsOf = async (app: string, on: string): Promise<unknown[]> => {
	const { data } = await cluster.cli(on, 'timeline', app);
	return data.steps.map(({ seq, at, to }: { seq: number; at: number; to: string }) => ({ seq, at, to }));
};
const recover = (name: string, ...args: string[]) => cluster.cli(name, 'recover', ...args);

test('it is refused while the host runs, and while another one can be reached', { timeout: LIMIT }, async () => {
	expect(await recover('cedar')).toMatchObject({ code: 1, data: { error: { code: 'DATA_DIR_IN_USE' } } });
	for (const name of ['birch', 'cedar']) cluster.kill(name);
	const { data } = await recover('cedar', '--yes');
	expect(data.error).toMatchObject({ code: 'HOST_STILL_UP', details: { up: ['alder'] } });
	cluster.kill('alder');
});

test('with --yes the survivor goes on with its records, their history, its app and its tokens', { timeout: LIMIT }, async () => {
	const { code, data } = await recover('cedar', '--yes');
	expect(code, JSON.stringify(data)).toBe(0);
	expect(data).toMatchObject({
		done: true,
		cluster: expect.stringMatching(/^covey-/),
		source: { type: 'store' },
		forgotten: [
			{ host: 'alder', votes: true, apps: [] },
			{ host: 'birch', votes: true, apps: ['lost'] },
		],
		appsHere: ['stays'],
		authority: 'kept',
		credentialsLost: [],
	});
	expect(Date.now() - data.source.asOf).toBeLessThan(120_000);
	await cluster.revive('cedar');
	await eventually('the others are forgotten', async () => {
		const { data } = await cluster.cli('cedar', 'hosts');
		return data.hosts.length === 1 && data.quorum;
	});
	await eventually('its app runs', async () => {
		const { data } = await cluster.cli('cedar', 'apps');
		const phases = Object.fromEntries(data.apps.map((app: { instance: string; phase: string }) => [app.instance, app.phase]));
		if (phases.stays === 'running' && phases.lost === 'error') return true;
		throw new Error(JSON.stringify(data.apps));
	});
	const { data: lost } = await cluster.cli('cedar', 'show', 'lost');
	expect(lost.data.failure).toMatchObject({ code: 'HOST_FORGOTTEN', message: expect.stringContaining('disk of birch') });
	const after = await stepsOf('stays', 'cedar');
	expect(after.slice(0, before.length)).toEqual(before);
	const { data: tokens } = await cluster.cli('cedar', 'token', 'list');
	expect(tokens.tokens.map(({ host }: { host: string }) => host).sort()).toEqual(['birch', 'cedar']);
	// Its record said so before the host has looked.
	await eventually('it obeys', async () => {
		const { code, data } = await cluster.cli('cedar', 'restart', 'stays', '--wait');
		if (code === 0) return true;
		throw new Error(JSON.stringify(data));
	});
});

test('the old hosts go on as the old cluster, if they run again: the recovered one neither hears nor serves them', {
	timeout: LIMIT,
}, async () => {
	const pid = await pidOf('cedar', 'stays');
	await Promise.all(['alder', 'birch'].map((name) => cluster.revive(name)));
	await eventually('the old cluster misses cedar', async () => {
		const { data } = await cluster.cli('alder', 'hosts');
		const seen = data.hosts.map(({ host, presence }: { host: string; presence: string }) => `${host} ${presence}`).sort();
		if (data.quorum && seen.join() === 'alder online,birch online,cedar offline') return true;
		throw new Error(`${data.quorum} ${seen}`);
	});
	await eventually('what it knew of cedar is out of reach, and not started elsewhere', async () => {
		const { data } = await cluster.cli('alder', 'show', 'stays');
		return data.actor.phase === 'unreachable';
	});
	const { data } = await cluster.cli('cedar', 'hosts');
	expect(data.hosts.map(({ host }: { host: string }) => host)).toEqual(['cedar']);
	expect(data.quorum).toBe(true);
	expect(await pidOf('cedar', 'stays')).toBe(pid);
});

test('alone they hear that they are forgotten; one gives the old cluster up and joins with its disk, and its app runs', {
	timeout: LIMIT,
}, async () => {
	const refused = await cluster.cli('birch', 'leave', '--abandon');
	expect(refused.data).toMatchObject({ error: { code: 'DATA_DIR_IN_USE' } });
	for (const name of ['alder', 'birch']) cluster.kill(name);
	// Without a majority it asks around, hears that it is forgotten, and starts nothing.
	expect(await cluster.run('alder', ['up'])).toMatchObject({ code: 'HOST_FORGOTTEN' });
	const { code, data } = await cluster.cli('birch', 'leave', '--abandon');
	expect(code, JSON.stringify(data)).toBe(0);
	expect(await cluster.run('birch', ['up'])).toMatchObject({ code: 'HOST_FORGOTTEN' });
	expect(await cluster.run('birch', ['join', await cluster.token('cedar'), '--name', 'birch'])).toMatchObject({ name: 'birch' });
	await cluster.untilOnline('cedar', ['birch']);
	await eventually('it runs there', async () => (await cluster.cli('cedar', 'show', 'lost')).data.actor.phase === 'running');
	expect(await pidOf('cedar', 'lost')).toBeGreaterThan(0);
});

/** What the app itself says, at the address that the host tells. */
const pidOf = async (on: string, app: string): Promise<number> => {
	const { data } = await cluster.cli(on, 'show', app);
	return Number(await (await fetch(new URL('/health', data.data.url))).text());
};
