// Issue "Join and trust", goal: a cluster of one with 1,000 actors becomes one of three while it is written to. What is blocked is
// the time beyond 100 ms between two acknowledged writes. On one machine with one disk; not measured: hosts on a real network.

import { natsStore } from '../../nats/store.ts';
import type { Stored } from '../../runtime/engine/record.ts';
import { refText } from '../../runtime/engine/record.ts';
import { begin, rest, say } from '../helpers/run-voters.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { startVoterHosts } from '../helpers/voter-hosts.ts';
import type { Figure } from './table.ts';

const ACTORS = 1_000;
const PROBE_EVERY_MS = 5;
const NOT_BLOCKED_MS = 100;

export async function growth(): Promise<Figure[]> {
	await using cluster = await startVoterHosts('alder');
	const { nc } = cluster.of('alder');
	const store = natsStore(nc, { readDeadlineMs: 20_000 });
	for (let at = 0; at < ACTORS; at += 50)
		await Promise.all(Array.from({ length: 50 }, (_, index) => store.put(sampleRecord(`actor-${at + index}`, {}, 800), 0)));
	const before = await store.scan();
	let { live } = await rest(cluster, begin());
	await cluster.join('birch');
	await cluster.join('cedar');

	const writer = startWriter(store);
	const began = performance.now();
	({ live } = await rest(cluster, say(live, 'voters.check')));
	const grownMs = performance.now() - began;
	const { gaps, acknowledged, lost } = await writer.stop();
	if (live.record.view.data.copies !== 3) throw new Error(`did not grow: ${live.record.view.words}`);
	const after = new Map((await store.scan()).map((stored) => [refText(stored.record), stored]));
	const changed = before.filter((one) => !isSame(one, after.get(refText(one.record)))).length;
	const blocked = gaps.reduce((sum, gap) => sum + Math.max(0, gap - NOT_BLOCKED_MS), 0);
	return [
		{ name: `growth 1 to 3 voters, ${ACTORS} actors`, ours: grownMs, unit: 'ms', goal: 'shown', met: true },
		{ name: 'growth, longest write gap', ours: Math.max(...gaps), unit: 'ms', goal: 'shown', met: true },
		{ name: 'growth, writes blocked in all', ours: blocked, unit: 'ms', goal: '< 10000 ms', met: blocked < 10_000 },
		{ name: 'growth, records lost or changed', ours: changed, unit: '', goal: '0', met: changed === 0 },
		{ name: `growth, of ${acknowledged} writes meanwhile lost`, ours: lost, unit: '', goal: '0', met: lost === 0 },
	];
}

const isSame = (one: Stored, other: Stored | undefined): boolean =>
	other !== undefined && other.revision === one.revision && other.record.commit === one.record.commit;

/** One actor that steps without end; a write without an answer is looked up before the next one. */
function startWriter(store: ReturnType<typeof natsStore>) {
	let stopping = false;
	const gaps: number[] = [];
	const ref = { kind: 'install', id: 'busy' };
	const run = async () => {
		let revision = 0;
		let seq = 0;
		let last = performance.now();
		while (!stopping) {
			const record = sampleRecord(ref.id, { seq: seq + 1 }, 800);
			const outcome = await store.put(record, revision);
			const isOurs = async () => {
				const found = await store.read(ref).catch(() => null);
				return found?.record.commit === record.commit ? found.revision : null;
			};
			const committed = outcome.status === 'committed' ? outcome.revision : await isOurs();
			if (committed === null) continue;
			revision = committed;
			seq++;
			gaps.push(performance.now() - last);
			last = performance.now();
			await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
		}
		const found = await store.read(ref);
		return { gaps, acknowledged: seq, lost: seq - (found?.record.seq ?? 0) };
	};
	const running = run();
	return {
		stop: () => {
			stopping = true;
			return running;
		},
	};
}
