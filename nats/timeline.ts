// What happened to an actor: its records, oldest first, from the bucket's history and the 30-day stream behind it.
import type { ActorRef, Stored } from '../runtime/engine/record.ts';
import { ACTOR_HISTORY, ACTORS, TIMELINE } from './buckets.ts';
import type { NatsConnection } from './connect.ts';
import { history } from './direct-get.ts';
import { isTombstone, type StreamMessage } from './js-api.ts';
import { isPassing } from './passing.ts';
import { decodeRecord } from './record-codec.ts';
import { recordSubject } from './subjects.ts';

export interface Timeline {
	records: Stored[];
	/** False: there are earlier steps, and nobody who keeps them answers now. */
	whole: boolean;
}

/** While its leader is away, or the one copy that a cluster of an earlier version has, nobody answers. */
const OLDER_LIMIT_MS = 2_000;

/** Up to `limit` records of each source. Unreadable ones are left out. Rejects with STORE_UNAVAILABLE. */
export async function timeline(nc: NatsConnection, ref: ActorRef, limit = 1_000, deadlineMs = 5_000): Promise<Timeline> {
	const recent = await history(nc, ACTORS, recordSubject(ref), ACTOR_HISTORY, deadlineMs);
	if (recent.length < ACTOR_HISTORY) return { records: merge([], recent), whole: true };
	try {
		const older = await history(nc, TIMELINE, recordSubject(ref), limit, OLDER_LIMIT_MS);
		return { records: merge(older, recent), whole: true };
	} catch (error) {
		if (isPassing(error)) return { records: merge([], recent), whole: false };
		throw error;
	}
}

function merge(older: readonly StreamMessage[], recent: readonly StreamMessage[]): Stored[] {
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
