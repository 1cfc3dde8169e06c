import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureBuckets, wantedBuckets } from '../../nats/buckets.ts';
import { connectNats } from '../../nats/connect.ts';
import { API } from '../../nats/js-api.ts';
import { metaGroup, routedTo } from '../../nats/monitor.ts';
import { type NatsServer, startNatsServer } from '../../nats/server.ts';
import { natsStore } from '../../nats/store.ts';
import { dataStanding, setReplicas } from '../../nats/voters-ops.ts';
import { waitUntil } from '../../nats/wait.ts';
import { planCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

test('a lone voter grows to three live: streams gain replicas, records keep their revisions', async () => {
	const { path: folder } = await temporaryFolder();
	const plans = await planCluster(3);
	const servers: NatsServer[] = [];
	const [first] = plans;
	if (first?.role !== 'voter') throw new Error('voters expected');
	servers.push(
		await startNatsServer({ topology: { ...first, routes: [`127.0.0.1:${first.clusterPort}`] }, folder: join(folder, '0') }),
	);
	const nc = await connectNats({ servers: [servers[0]?.url as string], name: 'test' });
	try {
		await ensureBuckets(nc, 1);
		const store = natsStore(nc, { readDeadlineMs: 20_000 });
		const before = await store.put(sampleRecord('kept'), 0);
		servers.push(
			...(await Promise.all(
				[1, 2].map((n) => startNatsServer({ topology: plans[n] as (typeof plans)[number], folder: join(folder, `${n}`) })),
			)),
		);
		expect(await waitUntil(async () => (await metaGroup(first.monitorPort))?.size === 3, 30_000)).toBe(true);
		expect(await waitUntil(async () => (await routedTo(first.monitorPort)).join() === 'birch-1,cedar-1', 30_000)).toBe(true);
		// Voters that start make what is missing; they leave the number of copies alone.
		await Promise.all([ensureBuckets(nc, 3), ensureBuckets(nc, 3), ensureBuckets(nc, 3)]);
		expect(await dataStanding(nc)).toMatchObject({ lowest: 1, highest: 1 });
		// Asked twice at once, as by a job that is run again while its first run still goes on.
		await Promise.all([setReplicas(nc, 3, null), setReplicas(nc, 3, null)]);
		for (const { name } of wantedBuckets(3)) {
			const info = (await nc.request(`${API}.STREAM.INFO.${name}`, '', { timeout: 5_000 })).json<{
				config: { num_replicas: number };
				cluster: { replicas: { current: boolean }[] };
			}>();
			expect([name, info.config.num_replicas, info.cluster.replicas.map(({ current }) => current)]).toEqual([
				name,
				3,
				[true, true],
			]);
		}
		// With one voter down a host still starts.
		await servers[2]?.stop();
		expect(await ensureBuckets(nc, 3)).toEqual({ timeline: expect.stringMatching(/ready|away/) });
		const found = await store.read({ kind: 'install', id: 'kept' });
		expect({ status: 'committed', revision: found?.revision }).toEqual(before);
		await ensureBuckets(nc, 1);
		expect((await nc.request(`${API}.STREAM.INFO.KV_covey_actors`, '', { timeout: 5_000 })).json()).toMatchObject({
			config: { num_replicas: 3 },
		});
	} finally {
		await nc.close();
		await Promise.all(servers.map((server) => server.stop()));
		await rm(folder, { recursive: true, force: true });
	}
}, 120_000);
