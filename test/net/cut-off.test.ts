// One of three hosts is cut off by the network, and the network flaps: what the host at the edge may say and do, and that no command is lost.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { LOST_AFTER_MS } from '../../runtime/host/self-fence.ts';
import { verify } from '../cluster/verifier.ts';
import { eventually } from '../helpers/eventually.ts';
import { signalQuietly } from '../helpers/strays.ts';
import { startClients } from './clients.ts';
import { type NetCluster, startCluster } from './cluster.ts';
import { PORTS } from './found.ts';
import { calledBy, historyComplaints } from './history.ts';
import { strike } from './strike.ts';
import { whyNoWire } from './wire.ts';

const LIMIT = 180_000;
/** How much later than the stated time it may be known, with two slow cores. */
const SLACK_MS = 10_000;
/** 15 s until a stuck copy is noticed, an election, and what it has to catch up. Left alone it takes up to two minutes. */
const STUCK_LIMIT_MS = 60_000;
/** With CI=true nothing is skipped: it fails where it cannot run. */
const why = process.env['CI'] === 'true' ? null : whyNoWire();
let cluster: NetCluster;

beforeAll(async () => {
	if (!why) cluster = await startCluster(3);
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

/** Whatever a test left behind. */
afterEach(() => {
	for (const host of cluster?.names ?? []) cluster.wire.plug(host, 'in');
});

test('a host that is cut off is sure of nothing after the stated time, starts nothing, and tells on return what it found', {
	timeout: LIMIT,
}, async ({ skip }) => {
	if (why) skip(why);
	for (const instance of ['kept', 'crashed']) await cluster.create('alder', 'notes', instance, { host: 'alder' });
	for (const instance of ['kept', 'crashed']) await cluster.untilPhase(instance, ['running']);
	await cluster.plant('kept');
	const crashed = await processOf('crashed');
	const kept = await processOf('kept');
	const alder = cluster.on('alder');
	await alder.ask('hosts');
	expect(await alder.staleSince()).toBeNull();

	const cutAt = performance.now();
	cluster.wire.plug('alder', 'out');

	// The others go on.
	await cluster.create('birch', 'notes', 'meanwhile');
	console.log(`the majority commits ${inSeconds(cutAt)} after the cut`);
	await cluster.untilPhase('meanwhile', ['running'], 'birch');
	await cluster.untilPhase('kept', ['unreachable'], 'birch');

	await eventually('alder knows that it is alone', async () => !(await alder.ask('hosts')).quorum);
	console.log(`alder is sure of nothing ${inSeconds(cutAt)} after the cut`);
	expect(performance.now() - cutAt).toBeLessThan(LOST_AFTER_MS + SLACK_MS);
	expect((await alder.ask('hosts')).needs).toContain('2 of 3 voting hosts are needed and 1 can be heard; missing: birch, cedar.');
	expect(await alder.staleSince()).toBeLessThan(Date.now());
	for (const change of [
		() => alder.command('kept', { type: 'install.stop', cmdId: 'refused-stop' }),
		() => alder.create({ app: 'notes', name: 'refused', cmdId: 'refused-create' }),
	])
		await expect(change()).rejects.toMatchObject({
			code: 'NO_QUORUM',
			details: { needed: 2, voters: 3, up: ['alder'], away: ['birch', 'cedar'] },
		});

	// What runs goes on, and what crashes now stays down: somebody else might have it.
	signalQuietly(crashed.pid, 'SIGKILL');
	await eventually('the log of the app says why it waits', () =>
		readFileSync(join(cluster.folder, 'alder', 'logs', 'crashed.log'), 'utf8').includes('starts nothing until it is back'),
	);
	expect(await alder.fetch(`${kept.url}/health`)).toEqual({ ok: true, text: String(kept.pid) });
	await expect(alder.fetch(`${crashed.url}/health`)).rejects.toThrow();

	const healedAt = performance.now();
	cluster.wire.plug('alder', 'in');
	await cluster.create('alder', 'notes', 'afterwards');
	console.log(`alder commits ${inSeconds(healedAt)} after it was healed`);
	const returned = await eventually('it tells what it found', () =>
		logOf('alder').find(({ type }) => type === 'returnedToCluster'),
	);
	expect(returned).toMatchObject({ stopped: [], kept: expect.arrayContaining(['crashed', 'kept']) });
	await eventually('what had crashed runs again', async () => (await processOf('crashed')).pid !== crashed.pid);
	expect(await alder.fetch(`${kept.url}/health`)).toEqual({ ok: true, text: String(kept.pid) });
	await alder.ask('hosts');
	expect(await alder.staleSince()).toBeNull();
	await cluster.untilWhole();
	await eventually('every copy of the data is complete', copiesAreComplete, STUCK_LIMIT_MS);
	console.log(`every copy of the data is complete ${inSeconds(healedAt)} after the cluster was healed`);
});

test('while the network of one host flaps every 3 s no command is lost', { timeout: LIMIT }, async ({ skip }) => {
	if (why) skip(why);
	const hosts = cluster.names;
	const clients = startClients(cluster, { seed: 1, hosts, passing: ['ash', 'box', 'cork', 'date', 'elder'], lasting: ['kept'] });
	await strike(cluster, { type: 'flap', host: 'cedar', everyMs: 3_000, forMs: 33_000, restMs: 0 });
	const healedAt = performance.now();
	await clients.stop();
	await cluster.create('cedar', 'notes', 'calm');
	console.log(`cedar commits ${inSeconds(healedAt)} after it was healed`);
	await cluster.untilWhole();
	const findings = await cluster.findings();
	const told = clients.calls.filter(({ outcome }) => outcome.status === 'acknowledged');
	expect(told.length).toBeGreaterThan(10);
	const calls = [...calledBy('test', cluster.acknowledged), ...clients.calls];
	expect(historyComplaints(calls, findings.histories)).toEqual([]);
	expect(verify(findings)).toEqual([]);
});

async function processOf(instance: string): Promise<{ url: string; pid: number }> {
	const { data } = await cluster.on('alder').ask('show', { actor: `install/${instance}` });
	const url = String(data.url);
	return { url, pid: Number((await cluster.on('alder').fetch(`${url}/health`)).text) };
}

const logOf = (host: string): { type?: string }[] =>
	readFileSync(join(cluster.folder, host, 'covey.log'), 'utf8')
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as { type?: string });

/** As the leaders of the streams say. */
async function copiesAreComplete(): Promise<true> {
	const behind: string[] = [];
	for (const host of cluster.names) {
		const led = await cluster.on(host).ledStreams(PORTS.monitor, `${host}-1`);
		for (const { name, replicas } of led)
			behind.push(...replicas.filter(({ current }) => !current).map(({ server }) => `${server} with ${name}`));
	}
	if (behind.length > 0) throw new Error(behind.join(', '));
	return true;
}

const inSeconds = (since: number): string => `${((performance.now() - since) / 1_000).toFixed(1)} s`;
