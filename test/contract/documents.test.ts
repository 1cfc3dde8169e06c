import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureBuckets } from '../../nats/buckets.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { memoryDocuments } from '../../runtime/engine/memory.ts';
import type { Documents } from '../../runtime/engine/ports.ts';
import { startNatsCluster, type TestCluster } from '../helpers/nats-cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startNatsCluster(3);
	await ensureBuckets(await cluster.client(0), 3);
}, 90_000);
afterAll(() => cluster[Symbol.asyncDispose]());

const sides: [string, () => Promise<{ here: Documents; there: Documents }>][] = [
	[
		'in memory',
		async () => {
			const documents = memoryDocuments();
			return { here: documents, there: documents };
		},
	],
	[
		'on three voters',
		async () => ({ here: natsDocuments(await cluster.client(0)), there: natsDocuments(await cluster.client(2)) }),
	],
];

describe.each(sides)('documents %s', (_, open) => {
	test('are written where nothing was, and read back by every host', async () => {
		const { here, there } = await open();
		const written = await here.put('plans', 'alder', { apps: ['a', { b: 1 }] }, 0);
		expect(written.status).toBe('committed');
		expect(await there.read('plans', 'alder')).toEqual({
			value: { apps: ['a', { b: 1 }] },
			revision: written.status === 'committed' && written.revision,
		});
	});

	test('are null where nothing was written', async () => {
		const { here } = await open();
		expect(await here.read('config', 'absent')).toBeNull();
	});

	test('turn away a writer that has not seen the newest revision', async () => {
		const { here, there } = await open();
		const first = await here.put('hosts', 'birch', 1, 0);
		const revision = first.status === 'committed' ? first.revision : -1;
		expect((await there.put('hosts', 'birch', 2, revision)).status).toBe('committed');
		expect(await here.put('hosts', 'birch', 3, revision)).toEqual({ status: 'conflict' });
		expect(await here.put('hosts', 'birch', 3, 0)).toEqual({ status: 'conflict' });
		expect((await here.read('hosts', 'birch'))?.value).toBe(2);
	});

	test('let exactly one of many writers win', async () => {
		const { here, there } = await open();
		const outcomes = await Promise.all(Array.from({ length: 8 }, (__, n) => (n % 2 ? here : there).put('config', 'race', n, 0)));
		expect(outcomes.filter(({ status }) => status === 'committed')).toHaveLength(1);
	});

	test('are listed by bucket', async () => {
		const { here } = await open();
		await here.put('config', 'list.one', 1, 0);
		await here.put('config', 'list.two', 2, 0);
		await vi.waitFor(async () => {
			const found = (await here.list('config')).filter(({ key }) => key.startsWith('list.'));
			expect(found.map(({ key, value }) => [key, value]).sort()).toEqual([
				['list.one', 1],
				['list.two', 2],
			]);
		}, 10_000);
	});
});
