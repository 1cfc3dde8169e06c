import { expect, test } from 'vitest';
import { ensureBuckets } from '../../nats/buckets.ts';
import { connectNats } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { natsStore } from '../../nats/store.ts';
import { startNatsCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';

test('a lone voter founds its cluster over TLS, and comes back alone', async () => {
	await using cluster = await startNatsCluster(1, 0, { secure: true });
	const growth = await connectNats({ ...(cluster.servers[0] as (typeof cluster.servers)[0]).own('growth'), name: 'growth' });
	await ensureBuckets(growth, 1);
	await growth.close();
	expect((await natsStore(await cluster.client(0)).put(sampleRecord('a'), 0)).status).toBe('committed');
	await cluster.servers[0]?.stop();
	await cluster.restart(0);
	const again = natsStore(await cluster.client(0), { readDeadlineMs: 20_000 });
	expect((await again.read({ kind: 'install', id: 'a' }))?.record.id).toBe('a');
	expect((await natsDocuments(await cluster.client(0)).put('config', 'x', 1, 0)).status).toBe('committed');
});
