import { readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ACTORS, documentStream, ensureBuckets, streamsToCopy, TIMELINE } from '../../nats/buckets.ts';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { jsRequest } from '../../nats/js-api.ts';
import type { NatsServer } from '../../nats/server.ts';
import { listSnapshots, restoreSnapshot, saveSnapshot, saveSnapshots } from '../../nats/snapshot-files.ts';
import { completeCopy, keepSnapshots } from '../../nats/snapshot-rounds.ts';
import { natsStore } from '../../nats/store.ts';
import { timeline } from '../../nats/timeline.ts';
import { setReplicas } from '../../nats/voters-ops.ts';
import { waitUntil } from '../../nats/wait.ts';
import { startNatsCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

test('a cluster brought back from its files has the records, revisions and history it had, and goes on from there', async () => {
	const { path: folder } = await temporaryFolder();
	try {
		const ref = { kind: 'install', id: 'notes' };
		const before = await (async () => {
			await using cluster = await startNatsCluster(1);
			const nc = await cluster.client(0);
			await ensureBuckets(nc, 1);
			const store = natsStore(nc);
			let revision = 0;
			for (let seq = 1; seq <= 40; seq++) {
				const outcome = await store.put(sampleRecord('notes', { seq }, 20_000), revision);
				if (outcome.status !== 'committed') throw new Error(outcome.status);
				revision = outcome.revision;
			}
			await store.put(sampleRecord('other'), 0);
			const document = await natsDocuments(nc).put('config', 'cluster', { name: 'home' }, 0);
			// It follows the bucket with a delay.
			expect(await waitUntil(async () => (await historySize(nc)) === 41, 20_000)).toBe(true);
			const saved = await saveSnapshots(nc, folder, ALL);
			expect(saved.map(({ stream }) => stream)).toContain(TIMELINE);
			expect(saved.find(({ stream }) => stream === ACTORS)).toMatchObject({ messages: 41, lastSeq: 41 });
			// Nothing has changed since.
			expect(await saveSnapshots(nc, folder, ALL)).toEqual([]);
			return { found: await store.read(ref), history: await timeline(nc, ref), document };
		})();
		const files = await listSnapshots(folder);
		for (const { file } of files) expect((await stat(file)).mode & 0o077).toBe(0);

		await using cluster = await startNatsCluster(3);
		const nc = await cluster.client(0);
		for (const { file } of files) await restoreSnapshot(nc, file, 1);
		await ensureBuckets(nc, 1);
		await setReplicas(nc, 3, null);
		const store = natsStore(nc, { readDeadlineMs: 20_000 });
		expect(await store.read(ref)).toEqual(before.found);
		expect(await timeline(nc, ref)).toEqual(before.history);
		const documents = natsDocuments(nc);
		expect(await documents.read('config', 'cluster')).toEqual({ value: { name: 'home' }, revision: 1 });
		expect(await store.put(sampleRecord('notes', { seq: 41 }), 39)).toEqual({ status: 'conflict' });
		expect(await store.put(sampleRecord('notes', { seq: 41 }), before.found?.revision ?? 0)).toEqual({
			status: 'committed',
			revision: 42,
		});
		const actors = files.find(({ stream }) => stream === ACTORS)?.file as string;
		await expect(restoreSnapshot(nc, actors, 1)).rejects.toMatchObject({ code: 'NAME_TAKEN' });
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}, 120_000);

test('a file that is not whole is neither listed nor restored, and is written anew', async () => {
	const { path: folder } = await temporaryFolder();
	await using cluster = await startNatsCluster(1);
	try {
		const nc = await cluster.client(0);
		await ensureBuckets(nc, 1);
		const { file } = await saveSnapshot(nc, ACTORS, join(folder, `${ACTORS}.snapshot`));
		await truncate(file, (await stat(file)).size - 1);
		expect(await listSnapshots(folder)).toEqual([]);
		await expect(restoreSnapshot(nc, file, 1)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
		expect((await saveSnapshots(nc, folder, [ACTORS])).map(({ stream }) => stream)).toContain(ACTORS);
		expect((await listSnapshots(folder)).map(({ stream }) => stream)).toContain(ACTORS);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}, 60_000);

test('rounds keep the files fresh on a host without data, which gets no key of the authority', async () => {
	const { path: folder } = await temporaryFolder();
	await using cluster = await startNatsCluster(1, 1, { secure: true });
	const voter = await cluster.client(0);
	const growth = await connectNats({ ...(cluster.servers[0] as NatsServer).own('growth'), name: 'growth' });
	await ensureBuckets(growth, 1);
	await growth.close();
	await natsDocuments(voter).put('authority', 'ca-key', 'sealed', 0);
	const nc = await cluster.client(1);
	const store = natsStore(nc);
	const troubles: string[] = [];
	const keep = (name: string) =>
		keepSnapshots({
			nc,
			folder,
			cluster: name,
			everyMs: { voter: 50, leaf: 50 },
			wanted: async () => 'leaf',
			onTrouble: ({ message }) => troubles.push(message),
		});
	let rounds = keep('home');
	try {
		for (const seq of [1, 2]) {
			await store.put(sampleRecord('notes', { seq }), seq - 1);
			const isSaved = async () =>
				(await listSnapshots(folder)).some(({ stream, lastSeq }) => stream === ACTORS && lastSeq === seq);
			expect(await waitUntil(isSaved, 20_000)).toBe(true);
		}
		expect(await waitUntil(async () => (await completeCopy(folder))?.cluster === 'home', 10_000)).toBe(true);
		expect(troubles).toEqual([]);
		const streams = (await listSnapshots(folder)).map(({ stream }) => stream);
		expect(streams).toEqual(streamsToCopy({ authority: false, timeline: true }).toSorted());
		// Its own rights do not suffice either.
		const file = join(folder, 'authority.snapshot');
		await expect(saveSnapshot(nc, documentStream('authority'), file)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
		await rounds.stop();
		await writeFile(join(folder, `${ACTORS}.snapshot.1.new`), 'half');
		rounds = keep('other');
		expect(await waitUntil(async () => (await completeCopy(folder))?.cluster !== 'home', 10_000)).toBe(true);
		expect(await waitUntil(async () => (await completeCopy(folder))?.cluster === 'other', 10_000)).toBe(true);
		expect(await readdir(folder)).not.toContain(`${ACTORS}.snapshot.1.new`);
	} finally {
		await rounds.stop();
		await rm(folder, { recursive: true, force: true });
	}
}, 60_000);

const ALL = streamsToCopy({ authority: true, timeline: true });

const Size = z.looseObject({ state: z.looseObject({ messages: z.number() }) });
const historySize = async (nc: NatsConnection): Promise<number> =>
	(await jsRequest(nc, `STREAM.INFO.${TIMELINE}`, null, Size, 2_000)).state.messages;
