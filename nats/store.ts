// The engine's Store on JetStream: one compare-and-set per commit, reads that decide through the leader, watching by the
// server's republish.
import { CoveyError } from '../runtime/engine/errors.ts';
import type { PutOutcome, Store } from '../runtime/engine/ports.ts';
import { type ActorRecord, type ActorRef, MAX_RECORD_BYTES, refText, type Stored } from '../runtime/engine/record.ts';
import { ACTORS } from './buckets.ts';
import type { NatsConnection } from './connect.ts';
import { lastMessages } from './direct-get.ts';
import { casPublish, isTombstone, JsCode, JsError, leaderGet, type StreamMessage } from './js-api.ts';
import { type Decoded, decodeRecord, type Unreadable } from './record-codec.ts';
import { recordSubject } from './subjects.ts';
import { retryUntil } from './wait.ts';
import { watchRecords } from './watch.ts';

export interface NatsStoreOptions {
	/** A record that was skipped: damaged, or of a newer schema. */
	onUnreadable?: (unreadable: Unreadable) => void;
	/** ms for one write; `unknown` afterwards. Default 2 s. */
	putDeadlineMs?: number;
	/** ms for one read, tried again meanwhile. Default 3 s. */
	readDeadlineMs?: number;
	/** ms for a scan. Default 10 s. */
	scanDeadlineMs?: number;
	/** ms between full re-reads of a watch. Default 30 s. */
	resyncMs?: number;
}

export function natsStore(nc: NatsConnection, options: NatsStoreOptions = {}): Store {
	const {
		onUnreadable = () => undefined,
		putDeadlineMs = 2_000,
		readDeadlineMs = 3_000,
		scanDeadlineMs = 10_000,
		resyncMs = 30_000,
	} = options;

	const underway: Underway = new Map();

	const read = async (ref: ActorRef): Promise<Stored | null> => {
		const message = await leaderRead(nc, recordSubject(ref), readDeadlineMs);
		if (message === null || isTombstone(message)) return null;
		const decoded = decodeRecord(message);
		if (decoded.status === 'readable') return decoded.stored;
		onUnreadable(decoded.unreadable);
		throw new CoveyError(
			decoded.unreadable.reason === 'newer' ? 'NEWER_RECORD' : 'STORE_UNAVAILABLE',
			decoded.unreadable.message,
			{
				details: { actor: refText(ref), revision: message.seq },
			},
		);
	};

	const scan = async (): Promise<Stored[]> => {
		const messages = await retryUntil(
			scanDeadlineMs,
			(remaining) => lastMessages(nc, ACTORS, '$KV.covey_actors.>', Math.min(remaining, 5_000)),
			isUnavailable,
		);
		const found: Stored[] = [];
		for (const message of messages) {
			if (isTombstone(message)) continue;
			const decoded = decodeRecord(message);
			if (decoded.status === 'readable') found.push(decoded.stored);
			else onUnreadable(decoded.unreadable);
		}
		return found;
	};

	return {
		read,
		scan,
		async put(record, previous) {
			const sent = { record, body: Buffer.from(JSON.stringify(record)) };
			const subject = recordSubject(record);
			underway.set(subject, sent);
			try {
				return await put(nc, sent, previous, putDeadlineMs);
			} finally {
				if (underway.get(subject) === sent) underway.delete(subject);
			}
		},
		watch: (onChange) =>
			watchRecords(nc, { read, scan, decode: (message) => decodeNews(underway, message), resyncMs, onChange, onUnreadable }),
	};
}

interface Sent {
	record: ActorRecord;
	body: Uint8Array;
}

/** Puts that are not answered yet, by subject. */
type Underway = Map<string, Sent>;

/** The news of an own put come before its answer: the same bytes need not be read, their record is known. */
function decodeNews(underway: Underway, message: Pick<StreamMessage, 'subject' | 'seq' | 'data'>): Decoded {
	const sent = underway.get(message.subject);
	if (sent && Buffer.compare(sent.body, message.data) === 0)
		return { status: 'readable', stored: { record: sent.record, revision: message.seq } };
	return decodeRecord(message);
}

async function put(nc: NatsConnection, sent: Sent, previous: number, deadlineMs: number): Promise<PutOutcome> {
	const { record, body } = sent;
	if (body.length > MAX_RECORD_BYTES) {
		throw new CoveyError(
			'RECORD_TOO_LARGE',
			`The record of ${refText(record)} has ${body.length} bytes; the limit is ${MAX_RECORD_BYTES}.`,
		);
	}
	try {
		const revision = await retryUntil(
			deadlineMs,
			(remaining) => casPublish(nc, recordSubject(record), body, previous, remaining),
			isCompeting,
			5,
		);
		return { status: 'committed', revision };
	} catch (error) {
		if (error instanceof JsError && error.code === JsCode.wrongLastSequence)
			return previous === 0 ? putOverTombstone(nc, sent, deadlineMs) : { status: 'conflict' };
		if (error instanceof JsError || isUnavailable(error)) return { status: 'unknown' };
		throw error;
	}
}

/** A key deleted by hand is absent for us, but its tombstone has a revision. */
async function putOverTombstone(nc: NatsConnection, sent: Sent, deadlineMs: number): Promise<PutOutcome> {
	try {
		const last = await leaderGet(nc, ACTORS, { last_by_subj: recordSubject(sent.record) }, deadlineMs);
		return last !== null && isTombstone(last) ? put(nc, sent, last.seq, deadlineMs) : { status: 'conflict' };
	} catch (error) {
		// Refused with certainty above; only whether a tombstone was the reason is not known.
		if (error instanceof JsError || isUnavailable(error)) return { status: 'conflict' };
		throw error;
	}
}

function leaderRead(nc: NatsConnection, subject: string, deadlineMs: number) {
	return retryUntil(
		deadlineMs,
		(remaining) => leaderGet(nc, ACTORS, { last_by_subj: subject }, Math.min(remaining, 1_000)),
		(error) => isUnavailable(error) || error instanceof JsError,
	).catch((error: unknown) => {
		if (error instanceof JsError)
			throw new CoveyError('STORE_UNAVAILABLE', `The store refused a read: ${error.message}`, { cause: error });
		throw error;
	});
}

const isCompeting = (error: unknown): boolean => error instanceof JsError && error.code === JsCode.competingWrite;
const isUnavailable = (error: unknown): boolean => error instanceof CoveyError && error.code === 'STORE_UNAVAILABLE';
