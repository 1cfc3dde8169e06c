import { headers as newHeaders } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ensureBuckets, TIMELINE } from '../../nats/buckets.ts';
import { API, leaderGet } from '../../nats/js-api.ts';
import type { Unreadable } from '../../nats/record-codec.ts';
import { natsStore } from '../../nats/store.ts';
import { recordSubject, viewSubject } from '../../nats/subjects.ts';
import { timeline } from '../../nats/timeline.ts';
import type { PutOutcome } from '../../runtime/engine/ports.ts';
import type { Stored } from '../../runtime/engine/record.ts';
import { startNatsCluster, type TestCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startNatsCluster(1);
	await ensureBuckets(await cluster.client(0), 1);
}, 60_000);
afterAll(() => cluster[Symbol.asyncDispose]());

const revisionOf = (outcome: PutOutcome): number => (outcome.status === 'committed' ? outcome.revision : -1);
const within = { timeout: 15_000 };

test('a commit whose news was lost is found by the gap in the next one, and other lost news with it', async () => {
	const writer = natsStore(await cluster.client(0));
	const nc = await cluster.client(0);
	// A watcher that loses messages: its subscription is real, some deliveries are swallowed.
	const swallow = new Set<string>();
	const subscribe = nc.subscribe.bind(nc);
	vi.spyOn(nc, 'subscribe').mockImplementation((subject, options) =>
		subscribe(subject, {
			...options,
			callback: (error, message) => {
				if (!swallow.has(message.subject)) options?.callback?.(error, message);
			},
		}),
	);
	const seen: Stored[] = [];
	const cancel = natsStore(nc, { resyncMs: 3_600_000 }).watch((stored) => seen.push(stored));
	const newest = (id: string) => seen.filter(({ record }) => record.id === id).at(-1)?.record.seq;

	let a = revisionOf(await writer.put(sampleRecord('gap-a'), 0));
	const b = revisionOf(await writer.put(sampleRecord('gap-b'), 0));
	await vi.waitFor(() => expect([newest('gap-a'), newest('gap-b')]).toEqual([1, 1]), within);
	swallow.add(viewSubject({ kind: 'install', id: 'gap-a' })).add(viewSubject({ kind: 'install', id: 'gap-b' }));
	a = revisionOf(await writer.put(sampleRecord('gap-a', { seq: 2 }), a));
	await writer.put(sampleRecord('gap-b', { seq: 2 }), b);
	await nc.flush();
	expect([newest('gap-a'), newest('gap-b')]).toEqual([1, 1]);
	swallow.clear();
	await writer.put(sampleRecord('gap-a', { seq: 3 }), a);
	await vi.waitFor(() => expect([newest('gap-a'), newest('gap-b')]).toEqual([3, 2]), within);
	cancel();
});

test('a watcher catches up after its server was away', async () => {
	const nc = await cluster.client(0);
	const store = natsStore(nc, { resyncMs: 3_600_000, readDeadlineMs: 20_000 });
	const seen: Stored[] = [];
	store.watch((stored) => seen.push(stored));
	await store.put(sampleRecord('away-a'), 0);
	await vi.waitFor(() => expect(seen.map(({ record }) => record.id)).toContain('away-a'), within);
	const [server] = cluster.servers;
	const restarted = new Promise((resolve) => server?.onRestart(resolve));
	process.kill(server?.pid as number, 'SIGKILL');
	await restarted;
	await vi.waitFor(async () => expect((await store.put(sampleRecord('away-b'), 0)).status).not.toBe('unknown'), within);
	await vi.waitFor(() => expect(seen.map(({ record }) => record.id)).toContain('away-b'), within);
});

test('records that are damaged or of a newer schema are skipped, reported and left alone', async () => {
	const nc = await cluster.client(0);
	const reported: Unreadable[] = [];
	const store = natsStore(nc, { onUnreadable: (unreadable) => reported.push(unreadable) });
	const raw = async (id: string, text: string) => nc.request(`${API}.${recordSubject({ kind: 'install', id })}`, text);
	const seen: Stored[] = [];
	const cancel = store.watch((stored) => seen.push(stored));
	await raw('newer', JSON.stringify({ ...sampleRecord('newer'), schema: 2 }));
	await raw('damaged', 'not json');
	await raw('another', JSON.stringify(sampleRecord('someone-else')));
	await store.put(sampleRecord('fine'), 0);
	await vi.waitFor(() => expect(seen.map(({ record }) => record.id)).toContain('fine'), within);
	expect(
		(await store.scan())
			.map(({ record }) => record.id)
			.filter((id) => ['newer', 'damaged', 'another', 'someone-else', 'fine'].includes(id)),
	).toEqual(['fine']);
	expect(new Set(reported.map(({ key, reason }) => `${key} ${reason}`))).toEqual(
		new Set(['install.newer newer', 'install.damaged damaged', 'install.another damaged']),
	);
	await expect(store.read({ kind: 'install', id: 'newer' })).rejects.toMatchObject({ code: 'NEWER_RECORD' });
	cancel();
});

test('a key deleted by hand is absent, and can be created again', async () => {
	const nc = await cluster.client(0);
	const store = natsStore(nc);
	await store.put(sampleRecord('deleted'), 0);
	const headers = newHeaders();
	headers.set('KV-Operation', 'DEL');
	await nc.request(`${API}.${recordSubject({ kind: 'install', id: 'deleted' })}`, '', { timeout: 2_000, headers });
	expect(await store.read({ kind: 'install', id: 'deleted' })).toBeNull();
	expect((await store.put(sampleRecord('deleted'), 0)).status).toBe('committed');
});

test('the timeline tells every record of an actor once, oldest first, beyond the bucket’s own history', async () => {
	const nc = await cluster.client(0);
	const store = natsStore(nc);
	// The stream follows the bucket a moment after both are made or restarted.
	await store.put(sampleRecord('followed'), 0);
	await vi.waitFor(async () => {
		const last = { last_by_subj: recordSubject({ kind: 'install', id: 'followed' }) };
		expect(await leaderGet(nc, TIMELINE, last, 2_000)).not.toBeNull();
	}, within);
	let revision = 0;
	for (let seq = 1; seq <= 80; seq++) revision = revisionOf(await store.put(sampleRecord('long', { seq }), revision));
	await vi.waitFor(async () => {
		const { records } = await timeline(nc, { kind: 'install', id: 'long' });
		expect(records.map(({ record }) => record.seq)).toEqual(Array.from({ length: 80 }, (_, n) => n + 1));
		expect(records.at(-1)?.revision).toBe(revision);
	}, within);
});

test('more actors than one batch takes are scanned all the same', async () => {
	const store = natsStore(await cluster.client(0));
	await Promise.all(Array.from({ length: 1_100 }, (_, n) => store.put(sampleRecord(`many-${n}`), 0)));
	expect((await store.scan()).filter(({ record }) => record.id.startsWith('many-'))).toHaveLength(1_100);
});
