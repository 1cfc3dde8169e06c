// How often each stream goes into the disaster copy: with every round while it is small, the larger the less often, for each save writes
// all of it. Pure.
import { TIMELINE } from './buckets.ts';

export interface SavedStream {
	/** As it was then, ms. */
	at: number;
	/** Of its file; 0 when not known. */
	bytes: number;
}

const BYTES_PER_MINUTE = 1024 ** 2;
/** It is history for people: a copy of it may be older. */
const TIMELINE_LEAST_MS = 15 * 60_000;
/** What the cluster goes on with is never older than this for being large. */
const MOST_MS = 10 * 60_000;

/** How long a save of so many bytes suffices, ms. */
export function sufficesFor(stream: string, bytes: number): number {
	const paced = Math.max(0, (bytes / BYTES_PER_MINUTE - 1) * 60_000);
	return stream === TIMELINE ? Math.max(TIMELINE_LEAST_MS, paced) : Math.min(MOST_MS, paced);
}

export function dueStreams(streams: readonly string[], saved: ReadonlyMap<string, SavedStream>, now: number): string[] {
	return streams.filter((stream) => {
		const last = saved.get(stream);
		return !last || now - last.at >= sufficesFor(stream, last.bytes);
	});
}

/** As how old the copy counts: its oldest stream, but for the timeline. */
export function completeSince(streams: readonly string[], saved: ReadonlyMap<string, SavedStream>): number {
	return Math.min(...streams.filter((stream) => stream !== TIMELINE).map((stream) => saved.get(stream)?.at ?? 0));
}
