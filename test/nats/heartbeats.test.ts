import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { OwnBeat } from '../../nats/beating.ts';
import type { NatsConnection } from '../../nats/connect.ts';
import { newEar } from '../../nats/heartbeat-ear.ts';
import { natsHeartbeats } from '../../nats/heartbeats.ts';
import { nearHeartbeats } from '../../nats/near-heartbeats.ts';
import { heartbeatSubject } from '../../nats/subjects.ts';
import type { Beat, HeartbeatNews, Heartbeats } from '../../runtime/engine/ports.ts';
import { startNatsCluster, type TestCluster } from '../helpers/nats-cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startNatsCluster(1);
}, 60_000);
afterAll(() => cluster[Symbol.asyncDispose]());

const threads = {
	'in a thread of its own': (nc, beat) =>
		natsHeartbeats(nc, { servers: [cluster.servers[0]?.url as string], name: beat.host, deadlineMs: 15_000 }, beat),
	'beside everything else': async (nc, beat) => nearHeartbeats(nc, beat),
} satisfies Record<string, (nc: NatsConnection, beat: OwnBeat) => Promise<Heartbeats>>;

async function host(
	name: string,
	incarnation = 1,
	thread: keyof typeof threads = 'in a thread of its own',
): Promise<{ beats: Heartbeats; news: HeartbeatNews[] }> {
	const nc = await cluster.client(0);
	const beat = { host: name, incarnation, machines: ['install@1'], adopting: true };
	const beats = await threads[thread](nc, beat);
	const news: HeartbeatNews[] = [];
	beats.onNews((one) => news.push(one));
	return { beats, news };
}

const within = { timeout: 20_000 };
const about = (news: HeartbeatNews[], type: HeartbeatNews['type'], name: string) =>
	news.filter((one) => one.type === type && ('beat' in one ? one.beat.host : 'host' in one ? one.host : '') === name);

test.each(Object.keys(threads) as (keyof typeof threads)[])(
	'hosts hear each other, what changes, silence, and a return with a new incarnation: %s',
	async (thread) => {
		const alder = await host('alder', 1, thread);
		const birch = await host('birch', 1, thread);
		await vi.waitFor(() => expect(about(alder.news, 'heard', 'birch')).toHaveLength(1), within);
		await vi.waitFor(() => expect(about(birch.news, 'heard', 'alder')).toHaveLength(1), within);
		birch.beats.say({ adopting: false });
		await vi.waitFor(
			() => expect(about(alder.news, 'heard', 'birch').at(-1)).toMatchObject({ beat: { adopting: false } }),
			within,
		);

		expect(await alder.beats.ping('birch')).toBe(true);
		expect(await alder.beats.observe('birch', 'alder')).toBeLessThan(1_500);
		expect(await alder.beats.observe('birch', 'nobody')).toBeNull();

		await birch.beats.stop();
		await vi.waitFor(() => expect(about(alder.news, 'silent', 'birch')).toMatchObject([{ incarnation: 1 }]), within);
		expect(await alder.beats.ping('birch')).toBe(false);
		expect(await alder.beats.observe('birch', 'alder')).toBeNull();
		const again = await host('birch', 2, thread);
		await vi.waitFor(() => expect(about(alder.news, 'back', 'birch')).toMatchObject([{ beat: { incarnation: 2 } }]), within);
		expect(about(alder.news, 'heard', 'alder')).toEqual([]);
		await Promise.all([alder.beats.stop(), again.beats.stop()]);
	},
);

test('in a crowd, whose beats are read all at once, a host hears what changes and silence, and answers', async () => {
	const alder = await host('alder');
	const nc = await cluster.client(0);
	const crowd = Array.from({ length: 20 }, (_, index) => `crowd-${index}`);
	const told = { incarnation: 1, machines: [], blinked: false };
	let silent = '';
	let adopting = true;
	const all = setInterval(() => {
		for (const name of crowd)
			if (name !== silent) nc.publish(heartbeatSubject(name), JSON.stringify({ ...told, host: name, at: Date.now(), adopting }));
	}, 500);
	onTestFinished(() => clearInterval(all));
	const heard = (adopts: boolean) =>
		crowd.filter((name) =>
			alder.news.some((one) => one.type === 'heard' && one.beat.host === name && one.beat.adopting === adopts),
		);
	await vi.waitFor(() => expect(heard(true)).toEqual(crowd), within);
	adopting = false;
	await vi.waitFor(() => expect(heard(false)).toEqual(crowd), within);
	expect(await alder.beats.observe('alder', 'crowd-3')).toBeLessThan(1_500);
	silent = 'crowd-3';
	await vi.waitFor(() => expect(about(alder.news, 'silent', 'crowd-3')).toHaveLength(1), within);
	expect(alder.news.filter(({ type }) => type === 'silent')).toHaveLength(1);
	await alder.beats.stop();
});

test('a host whose main thread is stuck falls silent', async () => {
	const watcher = await host('cedar');
	const { Worker } = await import('node:worker_threads');
	// The stuck host's main thread is a thread of its own here, so that this one can look on.
	const stuck = new Worker(STUCK, { eval: true, execArgv: [], workerData: cluster.servers[0]?.url });
	await vi.waitFor(() => expect(about(watcher.news, 'heard', 'dogwood')).toHaveLength(1), within);
	stuck.postMessage('block');
	await vi.waitFor(() => expect(about(watcher.news, 'silent', 'dogwood')).toHaveLength(1), within);
	await stuck.terminate();
	await watcher.beats.stop();
}, 60_000);

const STUCK = `
const { parentPort, workerData } = require('node:worker_threads');
(async () => {
	const { connectNats } = await import(${JSON.stringify(new URL('../../nats/connect.ts', import.meta.url).href)});
	const { natsHeartbeats } = await import(${JSON.stringify(new URL('../../nats/heartbeats.ts', import.meta.url).href)});
	const nc = await connectNats({ servers: [workerData], name: 'dogwood' });
	await natsHeartbeats(nc, { servers: [workerData], name: 'dogwood' }, { host: 'dogwood', incarnation: 1, machines: [], adopting: true });
	parentPort.on('message', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120_000));
})();
`;

const beat = (changes: Partial<Beat> = {}): Beat => ({
	host: 'birch',
	incarnation: 1,
	at: 1_000,
	machines: [],
	adopting: true,
	blinked: false,
	...changes,
});

function listening() {
	const news: HeartbeatNews[] = [];
	return { news, ear: newEar('alder', (one) => news.push(one)) };
}

test('the first beat tells the clock skew, and equal beats are no news', () => {
	const { news, ear } = listening();
	ear.hear(beat({ at: 1_700 }), 0, 1_000);
	ear.hear(beat({ at: 1_950 }), 250, 1_250);
	expect(news).toEqual([{ type: 'heard', beat: beat({ at: 1_700 }), skewMs: 700 }]);
});

test('where many hosts hear each beat, they beat half as often, and still often enough to be no suspects', () => {
	const { news, ear } = listening();
	expect(ear.ticksPerBeat()).toBe(1);
	for (let now = 0; now <= 10_000; now += 250) {
		for (let index = 0; index < 20; index++) if (now % 500 === 0) ear.hear(beat({ host: `host-${index}` }), now, now);
		ear.tick(now);
	}
	expect([ear.ticksPerBeat(), ear.crowded()]).toEqual([2, true]);
	expect(news.filter(({ type }) => type === 'silent')).toEqual([]);
});

test('silence is no evidence while the own connection is down, and counts anew once it is back', () => {
	const { news, ear } = listening();
	ear.hear(beat(), 0, 1_000);
	ear.link(false, 100);
	for (let now = 250; now <= 5_000; now += 250) ear.tick(now);
	expect(ear.blinked(5_000)).toBe(true);
	ear.link(true, 5_000);
	for (let now = 5_250; now <= 6_500; now += 250) ear.tick(now);
	expect(news.filter(({ type }) => type === 'silent')).toEqual([]);
	expect(ear.blinked(6_500)).toBe(true);
	ear.tick(6_750);
	expect(news.at(-1)).toEqual({ type: 'silent', host: 'birch', incarnation: 1, forMs: 6_750 });
	expect(ear.blinked(7_250)).toBe(false);
});

test('a process that was frozen judges nobody by what it could not hear', () => {
	const { news, ear } = listening();
	ear.hear(beat(), 0, 1_000);
	ear.tick(250);
	ear.tick(10_250);
	expect(news.slice(1)).toEqual([
		{ type: 'link', connected: false },
		{ type: 'link', connected: true },
	]);
	expect(ear.blinked(10_250)).toBe(true);
});

test('beats of an earlier incarnation are ignored', () => {
	const { news, ear } = listening();
	ear.hear(beat({ incarnation: 2 }), 0, 1_000);
	ear.hear(beat({ incarnation: 1 }), 100, 1_100);
	expect(news).toHaveLength(1);
	expect(ear.age('birch', 400)).toBe(400);
	expect(ear.age('nobody', 400)).toBeNull();
});
