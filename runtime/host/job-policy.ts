// The decisions of the job host, over plain data.
import { CoveyError, ERRORS, type ErrorCode, toWire, type WireError } from '../engine/errors.ts';
import type { JobAnswer, JobOrder, JobResult, Note, Rng } from '../engine/ports.ts';
import type { ActorMark, JobRow } from './journal.ts';

export type OrderVerdict =
	/** A higher epoch of the actor was seen: the asker is no longer its owner (V3). */
	| { do: 'refuse'; epoch: number }
	/** The owner has already said that it does not want this any more; this order was late. */
	| { do: 'void' }
	/** Known: tell how it stands, and tell this owner from now on. */
	| { do: 'attach'; row: JobRow }
	| { do: 'begin' };

export function judgeOrder(order: JobOrder, mark: ActorMark | null, row: JobRow | null): OrderVerdict {
	if (mark && order.epoch < mark.epoch) return { do: 'refuse', epoch: mark.epoch };
	if (row?.end) return { do: 'attach', row };
	if (mark && order.epoch === mark.epoch && isRetired(mark, order)) return { do: 'void' };
	if (row && row.state !== 'aborted') return { do: 'attach', row };
	return { do: 'begin' };
}

export function isRetired(mark: ActorMark, job: { key: string; token: number }): boolean {
	return job.token <= mark.retiredSeq && !mark.kept.includes(job.key);
}

/** The mark after a message of this epoch; a new epoch starts with nothing retired. */
export function markOf(mark: ActorMark | null, epoch: number): ActorMark {
	if (mark && mark.epoch >= epoch) return mark;
	return { epoch, retiredSeq: -1, kept: [] };
}

export type AfterFailure =
	| { do: 'retry'; inMs: number }
	/** Nothing is wrong with the job: this was no attempt. */
	| { do: 'wait'; inMs: number }
	| { do: 'fail' };

/** A majority of the voters is away: that passes, or the deadline of the machine does. */
const WITHOUT_STORE: ReadonlySet<ErrorCode> = new Set(['STORE_UNAVAILABLE', 'NO_QUORUM']);
const STORE_PATIENCE_MS = 120_000;
export const STORE_WAIT_MS = 2_000;

/** `attempts` is how many have ended, this one included. Jitter is ±20 %, so that fifty jobs do not come back in one moment. */
export function afterFailure(
	error: WireError,
	{ attempts, ageMs }: { attempts: number; ageMs: number },
	backoffMs: readonly number[],
	rng: Rng,
): AfterFailure {
	const jittered = (ms: number) => Math.round(ms * (0.8 + 0.4 * rng()));
	if (WITHOUT_STORE.has(error.code) && ageMs < STORE_PATIENCE_MS) return { do: 'wait', inMs: jittered(STORE_WAIT_MS) };
	const wait = backoffMs[attempts - 1];
	if (!ERRORS[error.code].retry || wait === undefined) return { do: 'fail' };
	return { do: 'retry', inMs: jittered(wait) };
}

/** 250 ms, 500 ms, … 30 s, ±20 %. */
export function pushBackoffMs(tries: number, rng: Rng): number {
	return Math.round(Math.min(30_000, 250 * 2 ** Math.min(tries, 10)) * (0.8 + 0.4 * rng()));
}

export function answerOf(row: JobRow): JobAnswer {
	return row.end ? resultOf(row) : { status: 'running' };
}

export function resultOf(row: JobRow): JobResult {
	if (row.end) return { ...row.end, notes: row.notes };
	return cancelled(row.key);
}

export function cancelled(key: string): JobResult {
	const error = new CoveyError('CANCELLED', `The job ${key} was called off by its owner.`);
	return { status: 'failed', error: toWire(error), notes: [] };
}

export const MAX_NOTES_BYTES = 8 * 1024;
const LEFT_OUT = 'Earlier notes were left out to keep this short.';

/** The newest notes that fit in 8 KB, and a word about those that did not. */
export function boundNotes(notes: readonly Note[]): Note[] {
	const kept: Note[] = [];
	let room = MAX_NOTES_BYTES - 200;
	for (const note of notes.toReversed()) {
		const short = note.text.length > 2_000 ? { ...note, text: `${note.text.slice(0, 2_000)}…` } : note;
		room -= Buffer.byteLength(JSON.stringify(short)) + 1;
		if (room < 0) break;
		kept.unshift(short);
	}
	if (kept.length === notes.length) return kept;
	const rest = kept.filter((note) => note.text !== LEFT_OUT);
	return [{ at: rest[0]?.at ?? 0, kind: 'decide', text: LEFT_OUT }, ...rest];
}

export function orderOf(row: JobRow, host: string): JobOrder {
	const { key, actor, epoch, token, effect, input, owner } = row;
	return { key, actor, epoch, token, effect, input, host, owner };
}
