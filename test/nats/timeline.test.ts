import { expect, test } from 'vitest';
import { z } from 'zod';
import { ensureBuckets, TIMELINE } from '../../nats/buckets.ts';
import { jsRequest } from '../../nats/js-api.ts';
import { natsStore } from '../../nats/store.ts';
import { timeline } from '../../nats/timeline.ts';
import { startNatsCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';

const Leader = z.looseObject({ cluster: z.looseObject({ leader: z.string() }) });
const ref = (id: string) => ({ kind: 'install', id });

test('while the host that keeps the long history is away, the latest steps are told, and that earlier ones are missing', async () => {
	await using cluster = await startNatsCluster(3);
	const nc = await cluster.client(0);
	await ensureBuckets(nc, 3);
	const store = natsStore(nc);
	for (const [id, steps] of [
		['short', 3],
		['long', 70],
	] as const) {
		let revision = 0;
		for (let seq = 1; seq <= steps; seq++) {
			const outcome = await store.put(sampleRecord(id, { seq }), revision);
			revision = outcome.status === 'committed' ? outcome.revision : -1;
		}
	}
	const { leader } = (await jsRequest(nc, `STREAM.INFO.${TIMELINE}`, null, Leader, 5_000)).cluster;
	const keeper = cluster.servers.findIndex(({ name }) => name === leader);
	const other = await cluster.client((keeper + 1) % 3);
	await cluster.servers[keeper]?.stop();

	const told = async (id: string) => {
		const { records, whole } = await timeline(other, ref(id));
		return { seqs: records.map(({ record }) => record.seq), whole };
	};
	expect(await told('short')).toEqual({ seqs: [1, 2, 3], whole: true });
	expect(await told('long')).toEqual({ seqs: Array.from({ length: 64 }, (_, n) => n + 7), whole: false });
}, 60_000);
