// What a host must not forget about its jobs: the port and its in-memory twin. All methods are synchronous and
// `write` is durable when it returns. sqlite-journal.ts is the real one.
import type { WireError } from '../engine/errors.ts';
import type { Note } from '../engine/ports.ts';
import type { ActorRef, Json } from '../engine/record.ts';

/** Its file in the data directory: a host's, a witness's. A directory may have been either before. */
export const JOURNAL = { host: 'jobs.db', witness: 'jobs.json' } as const;

export type JobState = 'running' | 'done' | 'failed' | 'aborted';

export type JobEnd = { status: 'done'; output: Json } | { status: 'failed'; error: WireError };

export interface JobRow {
	key: string;
	actor: ActorRef;
	epoch: number;
	token: number;
	effect: string;
	input: Json;
	/** Host to tell the result to. */
	owner: string;
	state: JobState;
	/** Attempts that ended. */
	attempts: number;
	/** How often the process died during the present attempt. */
	interrupted: number;
	/** Not before this wall time, ms. */
	nextAt: number;
	/** Present once `state` is `done` or `failed`. */
	end: JobEnd | null;
	notes: Note[];
	created: number;
	ended: number | null;
	/** Nobody waits for the result any more: delivered, superseded or given up. */
	acked: boolean;
}

/** What a host has seen of an actor's owners. */
export interface ActorMark {
	/** The highest epoch: lower ones are refused (V3). */
	epoch: number;
	/** `seq` of the latest retirement in this epoch; an order of that step or an earlier one is void unless kept. */
	retiredSeq: number;
	kept: string[];
}

export interface Journal {
	/** True when an earlier journal of this host was lost: actors without a mark may have had one. */
	readonly forgot: boolean;
	job(key: string): JobRow | null;
	/** `actor` is `kind/id`. */
	mark(actor: string): ActorMark | null;
	/** All or nothing, on disk when it returns. Throws DISK_FULL and changes nothing. */
	write(change: { jobs?: readonly JobRow[]; marks?: Readonly<Record<string, ActorMark>> }): void;
	running(): JobRow[];
	/** Ended, but the owner has not said that it knows. */
	undelivered(): JobRow[];
	/** The newest `limit` jobs, newest first. */
	recent(limit: number): JobRow[];
	/** Forgets ended and acknowledged jobs that ended before `before`, ms; tells how many. */
	prune(before: number): number;
	close(): void;
}

export interface JournalContents {
	forgot: boolean;
	jobs: readonly JobRow[];
	marks: Readonly<Record<string, ActorMark>>;
}

const EMPTY: JournalContents = { forgot: false, jobs: [], marks: {} };

/** `keep` makes a change last before anybody sees it; what it throws changes nothing. */
export function memoryJournal(first = EMPTY, keep: (contents: JournalContents) => void = () => {}): Journal {
	let jobs = new Map(first.jobs.map((row) => [row.key, row]));
	let marks = new Map(Object.entries(first.marks));
	const replace = (nextJobs: typeof jobs, nextMarks: typeof marks) => {
		keep({ forgot: first.forgot, jobs: [...nextJobs.values()], marks: Object.fromEntries(nextMarks) });
		jobs = nextJobs;
		marks = nextMarks;
	};
	const rows = (wanted: (row: JobRow) => boolean) => [...jobs.values()].filter(wanted).map((row) => structuredClone(row));
	return {
		forgot: first.forgot,
		job: (key) => structuredClone(jobs.get(key)) ?? null,
		mark: (actor) => structuredClone(marks.get(actor)) ?? null,
		write(change) {
			const changed = (change.jobs ?? []).map((row) => [row.key, structuredClone(row)] as const);
			replace(new Map([...jobs, ...changed]), new Map([...marks, ...Object.entries(structuredClone(change.marks ?? {}))]));
		},
		running: () => rows((row) => row.state === 'running'),
		undelivered: () => rows((row) => row.end !== null && !row.acked),
		recent: (limit) =>
			limit > 0
				? rows(() => true)
						.slice(-limit)
						.reverse()
				: [],
		prune(before) {
			const isOld = (row: JobRow) => row.acked && row.ended !== null && row.ended < before;
			const kept = [...jobs].filter(([, row]) => !isOld(row));
			const count = jobs.size - kept.length;
			if (count > 0) replace(new Map(kept), marks);
			return count;
		},
		close() {},
	};
}
