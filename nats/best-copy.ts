// Which file of each stream a cluster goes on with: of the host's own store, or of its copy. Pure.
import { ACTORS, documentStream, streamsToCopy } from './buckets.ts';
import type { SnapshotFile } from './snapshot-files.ts';

export type BestCopy =
	/** In the order in which they are to be restored. */
	{ status: 'found'; files: string[]; own: SnapshotFile[]; copied: SnapshotFile[] } | { status: 'incomplete'; missing: string[] };

/**
 * The one with more in it; the own store's when both have the same. `held`: what the own store has, also where it could not be read.
 * A cluster can go on without the timeline, the authority's key, and buckets that an older Covey did not have.
 */
export function bestCopy(store: readonly SnapshotFile[], copy: readonly SnapshotFile[], held: readonly string[]): BestCopy {
	const best = streamsToCopy({ authority: true, timeline: true }).map((stream) => {
		const [own, copied] = [store, copy].map((files) => files.find((file) => file.stream === stream));
		return own && own.lastSeq >= (copied?.lastSeq ?? 0) ? own : copied;
	});
	const files = best.filter((file) => file !== undefined);
	const needed = streamsToCopy({ authority: false, timeline: false }).filter(
		(stream) => CORE.includes(stream) || held.includes(stream),
	);
	const missing = needed.filter((stream) => !files.some((file) => file.stream === stream));
	if (missing.length > 0) return { status: 'incomplete', missing };
	const [own, copied] = [store, copy].map((from) => files.filter((file) => from.includes(file)));
	return { status: 'found', files: files.map(({ file }) => file), own: own ?? [], copied: copied ?? [] };
}

const CORE = [ACTORS, documentStream('plans'), documentStream('config')];

/** When the last of these messages was written, ms; 0 when there is none. */
export const lastWritten = (files: readonly SnapshotFile[]): number => Math.max(0, ...files.map(({ lastAt }) => lastAt ?? 0));
