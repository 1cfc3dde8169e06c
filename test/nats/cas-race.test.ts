import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuckets } from '../../nats/buckets.ts';
import { natsStore } from '../../nats/store.ts';
import type { Store } from '../../runtime/engine/ports.ts';
import { startNatsCluster, type TestCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';

const WRITERS = 12;
const ROUNDS = 400;

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startNatsCluster(3);
	await ensureBuckets(await cluster.client(0), 3);
}, 90_000);
afterAll(() => cluster[Symbol.asyncDispose]());

test(`of ${WRITERS} writers on three nodes exactly one wins each of ${ROUNDS} compare-and-set races`, async () => {
	const stores = await Promise.all(
		Array.from(
			{ length: WRITERS },
			async (_, n): Promise<Store> => natsStore(await cluster.client(n % 3), { putDeadlineMs: 15_000 }),
		),
	);
	const winners: number[] = [];
	let previous = 0;
	for (let round = 0; round < ROUNDS; round++) {
		const outcomes = await Promise.all(
			stores.map((store, n) => store.put(sampleRecord('race', { seq: round + 1, by: n } as object), previous)),
		);
		const committed = outcomes.flatMap((outcome) => (outcome.status === 'committed' ? [outcome.revision] : []));
		winners.push(committed.length);
		previous = committed[0] ?? previous;
	}
	expect(winners.filter((count) => count !== 1)).toEqual([]);
	expect((await stores[0]?.read({ kind: 'install', id: 'race' }))?.revision).toBe(previous);
}, 180_000);
