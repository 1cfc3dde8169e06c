// A frozen host, a lost stream leader, commands that come twice or broken: each is taken once, or refused.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectNats, type NatsConnection, parseJson, request } from '../../nats/connect.ts';
import { type Acknowledged, type DemoCluster, startDemo, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 180_000;
let cluster: DemoCluster;
let nc: NatsConnection;

beforeAll(async () => {
	cluster = await startDemo();
	nc = await connectNats({ servers: [...cluster.hosts.values()].map(({ nats }) => nats), name: 'test' });
}, LIMIT);

afterAll(async () => {
	await nc?.close();
	await cluster?.[Symbol.asyncDispose]();
});

const ref = (id: string) => ({ kind: 'install', id });
const send = async (subject: string, payload: string): Promise<unknown> =>
	parseJson((await request(nc, subject, payload, { deadlineMs: 10_000 })).data);

test('the same command sent three times with one cmdId is applied once and gets one answer', { timeout: LIMIT }, async () => {
	for (const [subject, payload, type] of [
		['covey.create.install', { cmdId: 'create-thrice', app: 'notes', name: 'thrice' }, 'install.create'],
		['covey.cmd.install.thrice', { cmdId: 'stop-thrice', type: 'install.stop' }, 'install.stop'],
	] as const) {
		const answers = await Promise.all([1, 2, 3].map(() => send(subject, JSON.stringify(payload))));
		expect(answers[0]).toMatchObject({ ok: true });
		expect(answers[1]).toEqual(answers[0]);
		expect(answers[2]).toEqual(answers[0]);
		cluster.acknowledged.push({ actor: 'install/thrice', cmdId: payload.cmdId, type, seq: (answers[0] as Acknowledged).seq });
		await cluster.untilRest('thrice', type === 'install.stop' ? ['stopped'] : ['running']);
		expect(await send(subject, JSON.stringify(payload))).toEqual(answers[0]);
	}
	const { steps } = await cluster.ask('timeline', { actor: 'install/thrice' });
	expect(steps.filter(({ event }) => event === 'install.stop')).toHaveLength(1);
	await cluster.command('thrice', 'install.start');
	await cluster.untilRest('thrice', ['running']);
});

test('malformed payloads get BAD_REQUEST and change nothing', { timeout: LIMIT }, async () => {
	const before = (await cluster.ask('actors')).actors.map(({ actor, seq }) => `${actor} ${seq}`);
	for (const [subject, payload] of [
		['covey.create.install', 'no json'],
		['covey.create.install', '{"app":"notes"}'],
		['covey.create.install', '{"cmdId":"x","app":"../etc"}'],
		['covey.cmd.install.thrice', '[]'],
		['covey.cmd.install.thrice', '{"cmdId":"y","type":"install.explode"}'],
		['covey.cmd.install.thrice', '{"type":"install.start"}'],
		['covey.q.timeline', '{"actor":"*"}'],
		['covey.q.logs', '{"instance":"../x"}'],
	] as const)
		expect(await send(subject, payload), `${subject} ${payload}`).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } });
	expect((await cluster.ask('actors')).actors.map(({ actor, seq }) => `${actor} ${seq}`)).toEqual(before);
});

test('unknown names are refused with the nearest ones', { timeout: LIMIT }, async () => {
	await expect(cluster.create('node-rad', 'node-rad')).rejects.toMatchObject({
		code: 'UNKNOWN_APP',
		details: { nearest: ['node-red'] },
	});
	await expect(cluster.create('notes', 'nobody', { host: 'aldr' })).rejects.toMatchObject({ code: 'UNKNOWN_HOST' });
});

test('a host frozen for 10 s while it installs wakes up and harms nobody', { timeout: LIMIT }, async () => {
	const met = whenSeen(cluster, ref('frozen'), ({ view }) => view.phase === 'starting');
	await cluster.create('slow-notes', 'frozen');
	const victim = String((await met).view.data.host);
	const frozenAt = performance.now();
	cluster.freeze(victim);
	try {
		await eventually(
			'another host has it, and ten seconds are over',
			async () => {
				const { owner } = (await cluster.ask('show', { actor: 'install/frozen' })).actor;
				return owner !== null && !owner.startsWith(victim) && performance.now() - frozenAt >= 10_000;
			},
			60_000,
		);
	} finally {
		cluster.thaw(victim);
	}
	expect((await cluster.untilRest('frozen', ['running'], 90_000)).host).toBe(victim);
	await cluster.plant('frozen');
});

test('a host frozen before its app ran: it was placed elsewhere meanwhile, and the sleeper starts nothing', {
	timeout: LIMIT,
}, async () => {
	const met = whenSeen(cluster, ref('sleeper'), ({ view }) => view.phase === 'building');
	await cluster.create('built-notes-1', 'sleeper');
	const victim = String((await met).view.data.host);
	cluster.freeze(victim);
	try {
		await eventually(
			'it waits for its host',
			async () => (await cluster.ask('show', { actor: 'install/sleeper' })).actor.words.includes('unreachable'),
			60_000,
		);
		await cluster.command('sleeper', 'install.retry');
		expect((await cluster.untilRest('sleeper', ['running'], 90_000)).host).not.toBe(victim);
	} finally {
		cluster.thaw(victim);
	}
	await eventually('the sleeper is awake', async () =>
		(await cluster.ask('hosts')).hosts.some(({ host, presence }) => host === victim && presence === 'online'),
	);
});

test('the nats-server of a stream leader dies during an install: it goes on', { timeout: LIMIT }, async () => {
	const met = whenSeen(cluster, ref('leaderless'), ({ view }) => view.phase === 'starting');
	await cluster.create('slow-notes', 'leaderless');
	await met;
	cluster.kill(await streamLeader(), 'nats');
	await cluster.untilRest('leaderless', ['running'], 90_000);
	await cluster.plant('leaderless');
});

/** The host whose server leads the stream of the records; server names are `<host>-<install>`. */
async function streamLeader(): Promise<string> {
	const info = await send('$JS.covey.API.STREAM.INFO.KV_covey_actors', '');
	return (info as { cluster: { leader: string } }).cluster.leader.replace(/-\d+$/, '');
}

test('the verifier finds nothing', { timeout: LIMIT }, async () => {
	for (const { instance } of (await cluster.ask('apps')).apps) await cluster.untilRest(instance, ['running'], 60_000);
	expect(verify(await gather(cluster))).toEqual([]);
});
