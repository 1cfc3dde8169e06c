import { expect, test } from 'vitest';
import { z } from 'zod';
import { ensureBuckets, TIMELINE, timelineStream } from '../../nats/buckets.ts';
import { jsRequest } from '../../nats/js-api.ts';
import { natsStore } from '../../nats/store.ts';
import { timeline } from '../../nats/timeline.ts';
import { waitUntil } from '../../nats/wait.ts';
import { startNatsCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';

const Info = z.looseObject({
	state: z.looseObject({ messages: z.number() }),
	cluster: z.looseObject({ leader: z.string().optional(), replicas: z.array(z.unknown()).nullish() }),
});
const ref = (id: string) => ({ kind: 'install', id });

test('while nobody who keeps the long history answers, the latest steps are told, and that earlier ones are missing', async () => {
	await using cluster = await startNatsCluster(3);
	const nc = await cluster.client(0);
	await ensureBuckets(nc, 3);
	const store = natsStore(nc);
	const write = async (id: string, steps: number) => {
		let revision = 0;
		for (let seq = 1; seq <= steps; seq++) {
			const outcome = await store.put(sampleRecord(id, { seq }), revision);
			revision = outcome.status === 'committed' ? outcome.revision : -1;
		}
	};
	const info = () => jsRequest(nc, `STREAM.INFO.${TIMELINE}`, null, Info, 5_000);
	const kept = async (messages: number) => (await info()).state.messages === messages;
	await write('short', 3);
	// It begins to follow the bucket a moment after both are made.
	expect(await waitUntil(() => kept(3), 20_000)).toBe(true);
	await write('long', 70);
	expect(await waitUntil(() => kept(73), 20_000)).toBe(true);

	const told = async (id: string) => {
		const { records, whole } = await timeline(other, ref(id));
		return { seqs: records.map(({ record }) => record.seq), whole };
	};
	const all = Array.from({ length: 70 }, (_, n) => n + 1);
	// As in clusters of earlier versions: one copy.
	await jsRequest(nc, `STREAM.UPDATE.${TIMELINE}`, timelineStream(1), Info, 5_000);
	let leader = '';
	const isAlone = async () => {
		const { cluster: group } = await info();
		leader = group.leader ?? '';
		return leader !== '' && (group.replicas ?? []).length === 0;
	};
	expect(await waitUntil(isAlone, 20_000)).toBe(true);
	const keeper = cluster.servers.findIndex(({ name }) => name === leader);
	const other = await cluster.client((keeper + 1) % 3);
	expect(await told('long')).toEqual({ seqs: all, whole: true });

	await cluster.servers[keeper]?.stop();
	expect(await told('short')).toEqual({ seqs: [1, 2, 3], whole: true });
	expect(await told('long')).toEqual({ seqs: all.slice(-64), whole: false });
}, 60_000);
