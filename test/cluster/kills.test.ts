// kill -9 at every phase of an install: of the host's process, and of process and nats-server together.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoCluster, startDemo, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 180_000;
let cluster: DemoCluster;
const acknowledged: { actor: string; seq: number }[] = [];

beforeAll(async () => {
	cluster = await startDemo();
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

/** The phases of an install, each with an app that stays in it long enough to be met there. */
const PHASES = [
	['queued', 'notes'],
	['validating', 'notes'],
	['configuring', 'notes'],
	['building', 'tiddlywiki'],
	['starting', 'slow-notes'],
	['running', 'notes'],
] as const;

for (const what of ['host', 'both'] as const) {
	for (const [phase, app] of PHASES) {
		test(`kill -9 of ${what === 'host' ? 'the process' : 'process and nats-server'} while ${phase}: it runs when the host is back`, {
			timeout: LIMIT,
		}, async () => {
			const instance = `${what}-${phase}`;
			const ref = { kind: 'install', id: instance };
			const met = whenSeen(cluster, ref, ({ view }) => view.phase === phase);
			const reply = await cluster.client.create('install', { app, name: instance });
			acknowledged.push({ actor: `install/${instance}`, seq: reply.seq });
			const record = await met;
			const victim = typeof record.view.data.host === 'string' ? record.view.data.host : (record.owner?.host ?? '');
			cluster.kill(victim, what);
			await cluster.revive(victim);
			const { url } = await cluster.untilRest(instance, ['running'], 120_000);
			await eventually('it serves', async () => (await fetch(`${url}`)).ok, 30_000);
		});
	}
}

test('a host that dies for good before the app ran: a person places it elsewhere at once', { timeout: LIMIT }, async () => {
	const instance = 'elsewhere';
	const met = whenSeen(cluster, { kind: 'install', id: instance }, ({ view }) => view.phase === 'building');
	await cluster.client.create('install', { app: 'verdaccio', name: instance });
	const victim = String((await met).view.data.host);
	cluster.kill(victim, 'both');
	await eventually(
		'it waits for its host',
		async () => (await cluster.ask('show', { actor: `install/${instance}` })).actor.words.includes('unreachable'),
		60_000,
	);
	await cluster.client.command({ kind: 'install', id: instance }, { type: 'install.retry' });
	const { host } = await cluster.untilRest(instance, ['running'], 120_000);
	expect(host).not.toBe(victim);
	await cluster.revive(victim);
});

test('after a host died its running apps start nowhere else, and are handed back when it returns', {
	timeout: LIMIT,
}, async () => {
	const { url, host } = await cluster.untilRest('both-running', ['running']);
	const victim = String(host);
	await fetch(`${url}`, { method: 'POST', body: 'kept' });
	cluster.kill(victim, 'both');
	await eventually('it is called unreachable', async () => (await cluster.phaseOf('both-running')) === 'unreachable', 60_000);
	await cluster.revive(victim);
	await cluster.untilRest('both-running', ['running'], 60_000);
	expect(await (await fetch(`${url}`)).text()).toContain('kept');
});

test('the verifier finds nothing', { timeout: LIMIT }, async () => {
	for (const { instance } of (await cluster.ask('apps')).apps) await cluster.untilRest(instance, ['running'], 60_000);
	expect(verify(await gather(cluster, acknowledged))).toEqual([]);
});
