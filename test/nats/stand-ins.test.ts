import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ACTORS, documentStream, ensureBuckets, streamsToCopy } from '../../nats/buckets.ts';
import { Topology, type Voter } from '../../nats/config.ts';
import type { NatsConnection } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { jsRequest } from '../../nats/js-api.ts';
import { restoreSnapshot } from '../../nats/snapshot-files.ts';
import { saveLostStore } from '../../nats/stand-ins.ts';
import { natsStore } from '../../nats/store.ts';
import { eventually } from '../helpers/eventually.ts';
import { freePorts } from '../helpers/free-ports.ts';
import { startNatsCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

test('the store of the one of three voters that led is read when the others are gone: all that was acknowledged is there', async () => {
	const { path: folder } = await temporaryFolder();
	try {
		await using cluster = await startNatsCluster(3);
		const nc = await cluster.client(1);
		await ensureBuckets(nc, 3);
		// Any other one may lack what two of three have acknowledged.
		for (const stream of [ACTORS, documentStream('config')]) await leadBy(nc, stream, 'alder-1');
		const store = natsStore(nc);
		const written: number[] = [];
		let revision = 0;
		for (let seq = 1; seq <= 30; seq++) {
			const outcome = await store.put(sampleRecord('notes', { seq }), revision);
			if (outcome.status !== 'committed') throw new Error(outcome.status);
			revision = outcome.revision;
			written.push(revision);
		}
		await natsDocuments(nc).put('config', 'cluster', { name: 'home' }, 0);
		const last = await store.put(sampleRecord('other'), 0);
		// All at once, right after the answer.
		for (const server of cluster.servers) process.kill(server.pid as number, 'SIGKILL');
		await Promise.all(cluster.servers.map((server) => server.stop()));
		const topologies = cluster.topologies.map((one) => Topology.parse(one) as Voter);
		const [self, ...lost] = topologies as [Voter, ...Voter[]];
		const ports = async () => {
			const [port = 0, monitorPort = 0, clusterPort = 0, leafPort = 0] = await freePorts(4);
			return { port, monitorPort, clusterPort, leafPort };
		};
		const { files } = await saveLostStore({
			store: join(cluster.folder, 'alder', 'store'),
			self,
			lost,
			cluster: self.cluster,
			address: self.address,
			ports,
			trust: null,
			scratch: join(folder, 'scratch'),
			folder: join(folder, 'files'),
			streams: streamsToCopy({ authority: true, timeline: true }),
		});
		expect(await readdir(folder)).toEqual(['files']);
		expect(files.find(({ stream }) => stream === ACTORS)).toMatchObject({ lastSeq: 31 });

		await using fresh = await startNatsCluster(1);
		const again = await fresh.client(0);
		for (const { file } of files) await restoreSnapshot(again, file, 1);
		await ensureBuckets(again, 1);
		expect(last).toEqual({ status: 'committed', revision: 31 });
		expect((await natsStore(again).read({ kind: 'install', id: 'other' }))?.revision).toBe(31);
		expect((await natsStore(again).read({ kind: 'install', id: 'notes' }))?.revision).toBe(30);
		expect(await natsDocuments(again).read('config', 'cluster')).toEqual({ value: { name: 'home' }, revision: 1 });
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}, 120_000);

const Info = z.looseObject({ cluster: z.looseObject({ leader: z.string().optional() }) });

const leadBy = (nc: NatsConnection, stream: string, server: string): Promise<unknown> =>
	eventually(`${server} leads ${stream}`, async () => {
		const { leader } = (await jsRequest(nc, `STREAM.INFO.${stream}`, null, Info, 2_000)).cluster;
		if (leader === server) return true;
		await jsRequest(nc, `STREAM.LEADER.STEPDOWN.${stream}`, { placement: { preferred: server } }, z.unknown(), 2_000);
		return false;
	});
