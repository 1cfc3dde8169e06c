import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuckets } from '../../nats/buckets.ts';
import { natsBus, sendCommand } from '../../nats/bus.ts';
import { natsJobs, pushCompletion, serveJobs } from '../../nats/jobs.ts';
import { createService } from '../../nats/service.ts';
import { natsStore } from '../../nats/store.ts';
import { retryUntil } from '../../nats/wait.ts';
import { CoveyError, fromWire } from '../../runtime/engine/errors.ts';
import { type MemoryJobs, type MemoryJobTarget, memoryBus, memoryJobs } from '../../runtime/engine/memory.ts';
import type { Bus, Command, JobCompletion, JobOrder } from '../../runtime/engine/ports.ts';
import type { ActorRef } from '../../runtime/engine/record.ts';
import { startNatsCluster, type TestCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startNatsCluster(3, 1);
	const nc = await cluster.client(0);
	await ensureBuckets(nc, 3);
	for (const id of ['jellyfin', 'moving', 'orphaned']) await natsStore(nc).put(sampleRecord(id), 0);
}, 90_000);
afterAll(() => cluster[Symbol.asyncDispose]());

const command: Command = { cmdId: 'c1', type: 'install.cancel', by: 'test' };

interface BusSide {
	bus: Bus;
	send(ref: ActorRef, command: Command): Promise<unknown>;
}
const buses: [string, () => Promise<BusSide>][] = [
	[
		'in memory',
		async () => {
			const bus = memoryBus();
			return {
				bus,
				send: async (ref, payload) => {
					const reply = await bus.send(ref, payload);
					if (!reply.ok) throw fromWire(reply.error);
					return reply;
				},
			};
		},
	],
	[
		'over NATS',
		async () => {
			const owner = await cluster.client(0);
			const client = await cluster.client(3);
			const bus = natsBus(createService(owner, { name: 'covey', id: 'alder', version: '0.1.0', description: 'test' }));
			await owner.flush();
			return { bus, send: (ref, payload) => sendCommand(client, ref, payload, 1_500) };
		},
	],
];

describe.each(buses)('a bus %s', (_, open) => {
	const ref = { kind: 'install', id: 'jellyfin' };

	test('brings a command to the owner, and its reply back', async () => {
		const { bus, send } = await open();
		const got: unknown[] = [];
		const cancel = bus.serve(ref, async (payload) => {
			got.push(payload);
			return { ok: true, seq: 7, phase: 'stopped' };
		});
		expect(await send(ref, command)).toEqual({ ok: true, seq: 7, phase: 'stopped' });
		expect(got).toEqual([command]);
		cancel();
	});

	test('brings a refusal back as the error it is', async () => {
		const { bus, send } = await open();
		const cancel = bus.serve(ref, async () => ({
			ok: false,
			error: { code: 'NOT_ALLOWED_NOW', message: 'It is stopped.', next: '' },
		}));
		await expect(send(ref, command)).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW', message: 'It is stopped.' });
		cancel();
	});

	test('says so when nobody serves the actor', async () => {
		const { send } = await open();
		await expect(send({ kind: 'install', id: 'nobody' }, command)).rejects.toBeInstanceOf(CoveyError);
	});
});

describe('a command over NATS', () => {
	test('waits for the new owner while its actor moves, and is sent with the same cmdId', async () => {
		const { bus, send } = await (buses[1] as (typeof buses)[number])[1]();
		const ref = { kind: 'install', id: 'moving' };
		const ids: unknown[] = [];
		bus.serve(ref, async (payload) => {
			ids.push((payload as Command).cmdId);
			return ids.length < 3
				? { ok: false, error: { code: 'ACTOR_MOVED', message: 'Gone.', next: '' } }
				: { ok: true, seq: 1, phase: 'running' };
		});
		expect(await send(ref, command)).toEqual({ ok: true, seq: 1, phase: 'running' });
		expect(ids).toEqual(['c1', 'c1', 'c1']);
	});

	test('to an actor that does not exist is refused at once, to one without a living owner after the deadline', async () => {
		const nc = await cluster.client(1);
		const began = performance.now();
		await expect(sendCommand(nc, { kind: 'install', id: 'never-was' }, command, 20_000)).rejects.toMatchObject({
			code: 'UNKNOWN_ACTOR',
		});
		expect(performance.now() - began).toBeLessThan(10_000);
		await expect(sendCommand(nc, { kind: 'install', id: 'orphaned' }, command, 500)).rejects.toMatchObject({ code: 'NO_ANSWER' });
	});
});

const jobNetworks: [string, () => Promise<MemoryJobs>][] = [
	['in memory', async () => memoryJobs()],
	[
		'over NATS',
		async () => {
			const [here, there] = [await cluster.client(0), await cluster.client(3)];
			return {
				owner: (host) => natsJobs(here, host),
				serve: (host, target) => serveJobs(there, host, target),
				push: (owner, completion) => pushCompletion(there, owner, completion),
			};
		},
	],
];

describe.each(jobNetworks)('jobs %s', (_, open) => {
	const order: JobOrder = {
		key: 'install/a/build/3',
		actor: { kind: 'install', id: 'a' },
		epoch: 2,
		token: 3,
		effect: 'build',
		input: { app: 'a' },
		host: 'birch',
		owner: 'alder',
	};
	const completion: JobCompletion = {
		actor: order.actor,
		key: order.key,
		token: 3,
		result: { status: 'done', output: { port: 80 }, notes: [{ at: 1, kind: 'run', text: 'npm ci' }] },
	};

	/** The first order may come before the worker's subscription is known on every server. */
	const whenServed = <T>(ask: () => Promise<T>): Promise<T> =>
		retryUntil(10_000, ask, (error) => error instanceof CoveyError && error.code === 'HOST_UNREACHABLE', 20);

	test('are ordered from the host that has the work, which answers how they stand', async () => {
		const network = await open();
		const orders: JobOrder[] = [];
		const retired: unknown[] = [];
		const target: MemoryJobTarget = {
			order: async (got) => {
				orders.push(got);
				return orders.length === 1 ? { status: 'running' } : { status: 'refused', epoch: 9 };
			},
			retire: async (...got) => {
				retired.push(got);
			},
		};
		const cancel = network.serve('birch', target);
		const owner = network.owner('alder');
		expect(await whenServed(() => owner.order(order))).toEqual({ status: 'running' });
		expect(await owner.order(order)).toEqual({ status: 'refused', epoch: 9 });
		expect(orders).toEqual([order, order]);
		await owner.retire('birch', order.actor, 2, ['install/a/other/4'], 5);
		expect(retired).toEqual([[order.actor, 2, ['install/a/other/4'], 5]]);
		cancel();
	});

	test('bring the worker’s own error back', async () => {
		const network = await open();
		const cancel = network.serve('elm', {
			order: () => Promise.reject(new CoveyError('UNKNOWN_EFFECT', 'No such effect.')),
			retire: async () => undefined,
		});
		await expect(whenServed(() => network.owner('alder').order({ ...order, host: 'elm' }))).rejects.toMatchObject({
			code: 'UNKNOWN_EFFECT',
		});
		cancel();
	});

	test('on a host that does not answer are HOST_UNREACHABLE', async () => {
		const network = await open();
		await expect(network.owner('alder').order({ ...order, host: 'nowhere' })).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
		await expect(network.owner('alder').retire('nowhere', order.actor, 1, [], 1)).rejects.toMatchObject({
			code: 'HOST_UNREACHABLE',
		});
	});

	test('push their result until the owner has taken it', async () => {
		const network = await open();
		expect(await network.push('cedar', completion)).toBe(false);
		const taken: JobCompletion[] = [];
		const cancel = network.owner('cedar').onCompletion(async (got) => {
			taken.push(got);
			return taken.length > 1;
		});
		while (taken.length === 0) expect(await network.push('cedar', completion)).toBe(false);
		expect(await network.push('cedar', completion)).toBe(true);
		expect(taken.at(-1)).toEqual(completion);
		cancel();
	});
});
