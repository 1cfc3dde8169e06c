import { cpSync, existsSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureBuckets } from '../../nats/buckets.ts';
import { Topology, type Voter } from '../../nats/config.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { metaGroup } from '../../nats/monitor.ts';
import { startNatsServer } from '../../nats/server.ts';
import { natsStore } from '../../nats/store.ts';
import { eventually } from '../helpers/eventually.ts';
import { planCluster, startNatsCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { processesOf } from '../helpers/strays.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

test('a lone voter leads a cluster of one, keeps its data over a kill, and comes back alone', async () => {
	await using cluster = await startNatsCluster(1);
	const [server] = cluster.servers;
	if (!server) throw new Error('no server');
	expect(await metaGroup(server.topology.monitorPort)).toEqual({ leader: server.name, size: 1 });
	const nc = await cluster.client(0);
	await ensureBuckets(nc, 1);
	const store = natsStore(nc, { readDeadlineMs: 20_000 });
	expect((await store.put(sampleRecord('a'), 0)).status).toBe('committed');

	const restarted = new Promise((resolve) => server.onRestart(resolve));
	process.kill(server.pid as number, 'SIGKILL');
	await restarted;
	expect((await store.read({ kind: 'install', id: 'a' }))?.record.id).toBe('a');

	await server.stop();
	await cluster.restart(0);
	const again = natsStore(await cluster.client(0), { readDeadlineMs: 20_000 });
	expect((await again.read({ kind: 'install', id: 'a' }))?.record.id).toBe('a');
	expect(existsSync(join(cluster.folder, 'alder', 'founding'))).toBe(false);
});

test('a founding that was killed in the middle is begun anew', async () => {
	const { path: folder } = await temporaryFolder();
	const topology = Topology.parse((await planCluster(1))[0]) as Voter;
	const first = await startNatsServer({ topology, folder });
	await first.stop();
	// What a kill between the first election and the companion's removal leaves: the folder, and a group that may be half made.
	mkdirSync(join(folder, 'founding'));
	cpSync(join(folder, 'store'), join(folder, 'founding', 'store'), { recursive: true });
	const second = await startNatsServer({ topology, folder });
	try {
		expect(await metaGroup(topology.monitorPort)).toEqual({ leader: 'alder-1', size: 1 });
		expect(existsSync(join(folder, 'founding'))).toBe(false);
	} finally {
		await second.stop();
		// Its companion too, at whatever moment.
		expect(processesOf(folder)).toEqual([]);
		await rm(folder, { recursive: true, force: true });
	}
});

test('a store that cannot be read in the middle of a founding is left as it is', async () => {
	await using place = await temporaryFolder();
	const topology = Topology.parse((await planCluster(1))[0]) as Voter;
	const streams = join(place.path, 'store', 'jetstream', 'COVEY', 'streams');
	mkdirSync(dirname(streams), { recursive: true });
	mkdirSync(join(place.path, 'founding'));
	// Every look into a link to itself fails, whoever looks.
	symlinkSync(streams, streams);
	await expect(startNatsServer({ topology, folder: place.path })).rejects.toThrow(/ELOOP/);
	expect(lstatSync(streams).isSymbolicLink()).toBe(true);
});

test('a founding whose last clean-up was killed keeps what was stored since', async () => {
	await using cluster = await startNatsCluster(1);
	await ensureBuckets(await cluster.client(0), 1);
	expect((await natsDocuments(await cluster.client(0)).put('config', 'a', 1, 0)).status).toBe('committed');
	await cluster.servers[0]?.stop();
	mkdirSync(join(cluster.folder, 'alder', 'founding'));
	await cluster.restart(0);
	expect((await natsDocuments(await cluster.client(0)).read('config', 'a'))?.value).toBe(1);
});

test('a leaf host reads and writes the store of a lone voter', async () => {
	await using cluster = await startNatsCluster(1, 1);
	const leaf = await cluster.client(1);
	await ensureBuckets(leaf, 1);
	const store = natsStore(leaf);
	expect((await store.put(sampleRecord('b'), 0)).status).toBe('committed');
	expect(await store.put(sampleRecord('b'), 0)).toEqual({ status: 'conflict' });
	expect((await natsStore(await cluster.client(0)).read({ kind: 'install', id: 'b' }))?.record.id).toBe('b');
});

test('a voter whose configuration still names one that was taken out comes back alone', async () => {
	const { path: folder } = await temporaryFolder();
	const topology = Topology.parse((await planCluster(1))[0]) as Voter;
	const first = await startNatsServer({ topology, folder });
	await first.stop();
	const stale = { ...topology, routes: ['127.0.0.1:9', ...topology.routes] };
	const second = await startNatsServer({ topology: stale, folder });
	try {
		await eventually('it leads', async () => (await metaGroup(topology.monitorPort))?.leader === 'alder-1');
	} finally {
		await second.stop();
		// Its companion too, at whatever moment.
		expect(processesOf(folder)).toEqual([]);
		await rm(folder, { recursive: true, force: true });
	}
});
