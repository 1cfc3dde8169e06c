// Small JSON documents with compare-and-set. Each write carries an id of its own in a header, so a write whose answer was lost
// can be recognised in the bucket's history.
import { randomUUID } from 'node:crypto';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { DocumentBucket, Documents } from '../runtime/engine/ports.ts';
import type { Json } from '../runtime/engine/record.ts';
import { documentStream } from './buckets.ts';
import { type NatsConnection, parseJson } from './connect.ts';
import { lastMessages } from './direct-get.ts';
import { casPublish, isTombstone, JsCode, JsError, leaderGet, type StreamMessage } from './js-api.ts';
import { keyOf } from './record-codec.ts';
import { documentSubject } from './subjects.ts';
import { retryUntil } from './wait.ts';

const WRITE_ID = 'Covey-Write';

type Outcome = { status: 'committed'; revision: number } | { status: 'conflict' };

/** `deadlineMs` is the limit of each call, elections included. Rejects with STORE_UNAVAILABLE after it. */
export function natsDocuments(nc: NatsConnection, deadlineMs = 15_000): Documents {
	const patiently = <T>(attempt: (remainingMs: number) => Promise<T>): Promise<T> =>
		retryUntil(deadlineMs, (remaining) => attempt(Math.min(remaining, 2_000)), isPassing).catch((error: unknown) => {
			if (error instanceof JsError)
				throw new CoveyError('STORE_UNAVAILABLE', `The store refused: ${error.message}`, { cause: error });
			throw error;
		});

	return {
		read: (bucket, key) =>
			patiently(async (ms) => {
				const message = await leaderGet(nc, documentStream(bucket), { last_by_subj: subjectOf(bucket, key) }, ms);
				return message === null || isTombstone(message) ? null : { value: jsonOf(message), revision: message.seq };
			}),
		put: (bucket, key, value, previous) => {
			const write: Write = {
				stream: documentStream(bucket),
				subject: subjectOf(bucket, key),
				body: JSON.stringify(value),
				previous,
				id: randomUUID(),
				doubtful: false,
			};
			return patiently((ms) => attemptPut(nc, write, ms));
		},
		list: (bucket) =>
			patiently(async (ms) => {
				const messages = await lastMessages(nc, documentStream(bucket), `$KV.covey_${bucket}.>`, ms);
				return messages
					.filter((message) => !isTombstone(message))
					.map((message) => ({ key: keyOf(message.subject), value: jsonOf(message), revision: message.seq }));
			}),
	};
}

interface Write {
	stream: string;
	subject: string;
	body: string;
	previous: number;
	id: string;
	/** An earlier attempt had no answer and may have been applied. */
	doubtful: boolean;
}

async function attemptPut(nc: NatsConnection, write: Write, ms: number): Promise<Outcome> {
	try {
		return {
			status: 'committed',
			revision: await casPublish(nc, write.subject, write.body, write.previous, ms, { [WRITE_ID]: write.id }),
		};
	} catch (error) {
		if (!(error instanceof JsError && error.code === JsCode.wrongLastSequence)) {
			write.doubtful = true;
			throw error;
		}
	}
	// The key changed since `previous`. The change right after it is ours, or somebody else won.
	const next = await leaderGet(nc, write.stream, { seq: write.previous + 1, next_by_subj: write.subject }, ms);
	if (write.doubtful && next?.headers.get(WRITE_ID) === write.id) return { status: 'committed', revision: next.seq };
	if (write.previous === 0) {
		const last = await leaderGet(nc, write.stream, { last_by_subj: write.subject }, ms);
		// Deleted by hand: absent for us, but its tombstone has a revision.
		if (last && isTombstone(last)) return attemptPut(nc, Object.assign(write, { previous: last.seq }), ms);
	}
	return { status: 'conflict' };
}

function subjectOf(bucket: DocumentBucket, key: string): string {
	if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(key))
		throw new CoveyError('BAD_REQUEST', `"${key}" is no document key: use a-z, 0-9, "-", "_" and single dots.`);
	return documentSubject(bucket, key);
}

// Only JSON was ever put; what somebody else wrote by hand and is not JSON reads as null.
const jsonOf = (message: StreamMessage): Json => parseJson(message.data) as Json;

const isPassing = (error: unknown): boolean =>
	error instanceof CoveyError
		? error.code === 'STORE_UNAVAILABLE'
		: error instanceof JsError && error.code !== JsCode.wrongLastSequence;
