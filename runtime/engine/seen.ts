// The dedupe ring of a record: which commands were answered, and how (V4).
import type { Reply } from './ports.ts';
import type { ActorRecord, Json, SeenEntry } from './record.ts';

const LENGTH = 64;
const KEEP_MS = 10 * 60_000;
/** They are longer than other answers, and a flood of them must not push those out. */
const MOST_REFUSALS = 16;
const LONGEST_MESSAGE = 300;

type Refusal = Extract<Reply, { ok: false }>;

/** The first answer to that command, or null. */
export function answeredBefore({ seen }: ActorRecord, cmdId: string): Reply | null {
	const entry = seen.find(([id]) => id === cmdId);
	return entry ? replyOf(entry) : null;
}

/** Keeps at least the entries of the last ten minutes, at most 64 beyond that; a flood drops the oldest. */
export function remember(seen: SeenEntry[], cmdId: string, seq: number, now: number, reply: Reply): SeenEntry[] {
	const all: SeenEntry[] = [...seen, [cmdId, seq, now, reply as unknown as Json]];
	const fresh = all.filter(([, , at]) => now - at < KEEP_MS);
	return fresh.length >= LENGTH ? fresh.slice(-LENGTH * 2) : all.slice(-LENGTH);
}

/** The same record, which refuses that command from now on: an earlier copy of it may still be under way. */
export function withRefusal(record: ActorRecord, cmdId: string, now: number, { error }: Refusal): ActorRecord {
	const { code, message, next } = error;
	const short: Refusal = { ok: false, error: { code, message: message.slice(0, LONGEST_MESSAGE), next } };
	const refusals = record.seen.filter((entry) => !replyOf(entry).ok);
	const [oldest] = refusals.length < MOST_REFUSALS ? [] : refusals;
	const kept = record.seen.filter((entry) => entry !== oldest);
	return { ...record, seen: remember(kept, cmdId, record.seq, now, short) };
}

const replyOf = ([, , , reply]: SeenEntry): Reply => reply as unknown as Reply;
