// What happened to an actor: its records, oldest first, from the bucket's history and the 30-day stream behind it.
import type { ActorRef, Stored } from '../runtime/engine/record.ts';
import { ACTOR_HISTORY, ACTORS, TIMELINE } from './buckets.ts';
import type { NatsConnection } from './connect.ts';
import { history } from './direct-get.ts';
import { isTombstone, type StreamMessage } from './js-api.ts';
import { decodeRecord } from './record-codec.ts';
import { recordSubject } from './subjects.ts';

/** Up to `limit` records of each source. Unreadable ones are left out. Rejects with STORE_UNAVAILABLE. */
export async function timeline(nc: NatsConnection, ref: ActorRef, limit = 1_000, deadlineMs = 5_000): Promise<Stored[]> {
	const [recent, older] = await Promise.all([
		history(nc, ACTORS, recordSubject(ref), ACTOR_HISTORY, deadlineMs),
		history(nc, TIMELINE, recordSubject(ref), limit, deadlineMs),
	]);
	const merged = new Map<number, StreamMessage>();
	for (const message of older) merged.set(originalSequence(message), message);
	for (const message of recent) merged.set(message.seq, message);
	return [...merged]
		.sort(([a], [b]) => a - b)
		.filter(([, message]) => !isTombstone(message))
		.flatMap(([seq, message]) => {
			const decoded = decodeRecord({ subject: message.subject, seq, data: message.data });
			return decoded.status === 'readable' ? [decoded.stored] : [];
		});
}

/** A sourced message names where it came from: `KV_covey_actors 123 …`. */
function originalSequence(message: StreamMessage): number {
	return Number(message.headers.get('Nats-Stream-Source')?.split(' ')[1] ?? message.seq);
}
