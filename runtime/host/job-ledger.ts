// The journal as the job host uses it: `begin` must be on disk or nothing happens; everything later is kept in memory
// until the disk takes it, so that a full disk loses no result while the process lives.
import type { Clock } from '../engine/ports.ts';
import { type ActorRef, refText } from '../engine/record.ts';
import type { ActorMark, JobRow, Journal } from './journal.ts';

const RETRY_MS = 5_000;

export interface Ledger {
	job(key: string): JobRow | null;
	mark(actor: ActorRef): ActorMark | null;
	undelivered(): JobRow[];
	/** Throws when the disk does not take it; then nothing was changed. */
	begin(row: JobRow, mark: ActorMark): void;
	/** Never throws; what could not be written is written later. */
	save(change: { jobs?: readonly JobRow[]; mark?: [ActorRef, ActorMark] }): void;
	stop(): void;
}

export function createLedger(journal: Journal, clock: Clock, onFailure: (thrown: unknown) => void): Ledger {
	const unwritten = { jobs: new Map<string, JobRow>(), marks: new Map<string, ActorMark>() };
	let cancel: (() => void) | null = null;

	function flush(): void {
		cancel?.();
		cancel = null;
		if (unwritten.jobs.size + unwritten.marks.size === 0) return;
		try {
			journal.write({ jobs: [...unwritten.jobs.values()], marks: Object.fromEntries(unwritten.marks) });
			unwritten.jobs.clear();
			unwritten.marks.clear();
		} catch (thrown) {
			onFailure(thrown);
			cancel = clock.after(RETRY_MS, flush);
		}
	}

	return {
		job: (key) => unwritten.jobs.get(key) ?? journal.job(key),
		mark: (actor) => unwritten.marks.get(refText(actor)) ?? journal.mark(refText(actor)),
		undelivered() {
			const rows = journal.undelivered().filter((row) => !unwritten.jobs.has(row.key));
			return [...rows, ...[...unwritten.jobs.values()].filter((row) => row.end !== null && !row.acked)];
		},
		begin(row, mark) {
			journal.write({ jobs: [row], marks: { [refText(row.actor)]: mark } });
			unwritten.jobs.delete(row.key);
			unwritten.marks.delete(refText(row.actor));
		},
		save({ jobs = [], mark }) {
			for (const row of jobs) unwritten.jobs.set(row.key, { ...row });
			if (mark) unwritten.marks.set(refText(mark[0]), mark[1]);
			flush();
		},
		stop() {
			cancel?.();
			cancel = null;
		},
	};
}
