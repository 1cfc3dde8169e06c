// When a leader steps down for a replica's sake. That it helps is seen in test/net, where a network is cut and healed.
import { expect, test } from 'vitest';
import { type LedStream, ledStreams } from '../../nats/monitor.ts';
import { NOTHING_WATCHED, stepDown, stuckStreams, type Watched } from '../../nats/stuck-replicas.ts';
import { eventually } from '../helpers/eventually.ts';
import { startSecureCluster } from '../helpers/secure-cluster.ts';

const HERE = ['birch-1', 'cedar-1'];

function led(birch: Partial<LedStream['replicas'][0]>, cedar: Partial<LedStream['replicas'][0]> = {}): LedStream[] {
	return [
		{
			name: 'KV_covey_hosts',
			sources: [],
			replicas: [
				{ server: 'birch-1', current: true, lag: 0, ...birch },
				{ server: 'cedar-1', current: true, lag: 0, ...cedar },
			],
		},
	];
}

/** Looks every 5 s; the seconds at which it stepped down. */
function watch(seconds: number, seen: (second: number) => LedStream[], here: readonly string[] = HERE): number[] {
	let watched: Watched = NOTHING_WATCHED;
	const steps: number[] = [];
	for (let second = 0; second <= seconds; second += 5) {
		const looked = stuckStreams(watched, seen(second), here, second * 1_000);
		watched = looked.watched;
		if (looked.stepDown.length > 0) steps.push(second);
	}
	return steps;
}

test('a replica that stays behind for 15 s makes the leader step down, once a minute', () => {
	expect(watch(90, () => led({ current: false, lag: 3 }))).toEqual([15, 75]);
	expect(watch(90, () => led({ current: false }))).toEqual([15, 75]);
});

test('one that was behind for a moment, or comes nearer, is left alone', () => {
	expect(watch(90, (second) => led({ current: second % 15 === 0, lag: 3 }))).toEqual([]);
	expect(watch(90, (second) => led({ current: false, lag: 1_000 - second }))).toEqual([]);
});

test('a source that says nothing for 15 s makes the leader of what follows it step down, once a minute', () => {
	const from = (silentMs: number | null) => led({}).map((one) => ({ ...one, sources: [{ name: 'KV_covey_actors', silentMs }] }));
	expect(watch(90, () => from(null))).toEqual([10, 70]);
	expect(watch(90, (second) => from(second * 1_000))).toEqual([15, 75]);
	expect(watch(90, (second) => from((second % 10) * 1_000))).toEqual([]);
});

test('one that is not here is waited for', () => {
	expect(watch(90, () => led({ current: false, lag: 3 }), ['cedar-1'])).toEqual([]);
});

test('nobody steps down when no other replica could follow', () => {
	expect(watch(90, () => led({ current: false, lag: 3 }, { current: false, lag: 3 }))).toEqual([]);
	expect(watch(90, () => led({ current: false, lag: 3 }), ['birch-1'])).toEqual([]);
});

test('a voter may make a stream it leads be led by another one, and its copies are seen to be complete', async () => {
	await using secure = await startSecureCluster();
	const stream = 'KV_covey_hosts';
	const leader = () =>
		eventually(`${stream} has a leader with complete copies`, async () => {
			for (const host of ['alder', 'birch', 'cedar']) {
				const server = secure.server(host);
				const led = await ledStreams(server.topology.monitorPort, server.name);
				const found = led?.find(({ name }) => name === stream);
				if (found?.replicas.length === 2 && found.replicas.every(({ current }) => current)) return server;
			}
			return null;
		});
	const before = await leader();
	await stepDown(before, stream);
	await eventually('another one leads', async () => (await leader()).name !== before.name);
}, 120_000);
