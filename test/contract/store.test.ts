import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureBuckets } from '../../nats/buckets.ts';
import { natsStore } from '../../nats/store.ts';
import { memoryStore } from '../../runtime/engine/memory.ts';
import type { Store } from '../../runtime/engine/ports.ts';
import type { Stored } from '../../runtime/engine/record.ts';
import { startNatsCluster, type TestCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startNatsCluster(3, 1);
	await ensureBuckets(await cluster.client(0), 3);
}, 90_000);
afterAll(() => cluster[Symbol.asyncDispose]());

const sides: [string, () => Promise<{ here: Store; there: Store }>][] = [
	[
		'in memory',
		async () => {
			const store = memoryStore();
			return { here: store, there: store };
		},
	],
	['on three voters', async () => ({ here: natsStore(await cluster.client(0)), there: natsStore(await cluster.client(2)) })],
	['from a leaf host', async () => ({ here: natsStore(await cluster.client(3)), there: natsStore(await cluster.client(1)) })],
];

describe.each(sides)('a store %s', (name, open) => {
	const id = (suffix: string) => `${name.replaceAll(' ', '-')}-${suffix}`;

	test('creates a record once, and shows it to every host at once', async () => {
		const { here, there } = await open();
		const record = sampleRecord(id('create'));
		const created = await here.put(record, 0);
		expect(created.status).toBe('committed');
		expect(await here.put(sampleRecord(id('create')), 0)).toEqual({ status: 'conflict' });
		const found = await there.read({ kind: 'install', id: id('create') });
		expect(found?.record).toEqual(record);
		expect(created).toEqual({ status: 'committed', revision: found?.revision });
	});

	test('has nothing where nothing was written', async () => {
		const { here } = await open();
		expect(await here.read({ kind: 'install', id: id('absent') })).toBeNull();
	});

	test('lets one of two writers with the same revision win', async () => {
		const { here, there } = await open();
		const first = await here.put(sampleRecord(id('race')), 0);
		const revision = first.status === 'committed' ? first.revision : -1;
		const outcomes = await Promise.all([
			here.put(sampleRecord(id('race'), { seq: 2 }), revision),
			there.put(sampleRecord(id('race'), { seq: 3 }), revision),
		]);
		expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['committed', 'conflict']);
	});

	test('scans the newest record of every actor', async () => {
		const { here } = await open();
		const first = await here.put(sampleRecord(id('scan-a')), 0);
		await here.put(sampleRecord(id('scan-a'), { seq: 2 }), first.status === 'committed' ? first.revision : -1);
		await here.put(sampleRecord(id('scan-b')), 0);
		// A scan may be answered by a replica that is a moment behind.
		await vi.waitFor(async () => {
			const seqs = new Map((await here.scan()).map(({ record }) => [record.id, record.seq]));
			expect([seqs.get(id('scan-a')), seqs.get(id('scan-b'))]).toEqual([2, 1]);
		}, 10_000);
	});

	test('tells a watcher what was there before and what is committed later, by any host', async () => {
		const { here, there } = await open();
		await here.put(sampleRecord(id('watch-old')), 0);
		const seen: Stored[] = [];
		const cancel = there.watch((stored) => seen.push(stored));
		const has = (suffix: string) => seen.some(({ record }) => record.id === id(suffix));
		await vi.waitFor(() => expect(has('watch-old')).toBe(true), 25_000);
		await here.put(sampleRecord(id('watch-new')), 0);
		await vi.waitFor(() => expect(has('watch-new')).toBe(true), 25_000);
		cancel();
		await here.put(sampleRecord(id('watch-after')), 0);
		expect(await there.read({ kind: 'install', id: id('watch-after') })).not.toBeNull();
		expect(has('watch-after')).toBe(false);
	});

	test('refuses a record above the size limit', async () => {
		const { here } = await open();
		await expect(here.put(sampleRecord(id('large'), {}, 70_000), 0)).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' });
	});
});
