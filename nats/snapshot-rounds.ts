// Keeps this host's disaster copy fresh, for as long as it runs: a file for each stream, and one that says whose they are and
// when they were complete.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type CoveyError, toCoveyError } from '../runtime/engine/errors.ts';
import { jsonOf } from '../runtime/engine/json.ts';
import { documentStream, streamsToCopy } from './buckets.ts';
import type { NatsConnection } from './connect.ts';
import { completeSince, dueStreams, type SavedStream } from './copy-pace.ts';
import { writePrivate } from './secrets.ts';
import { saveSnapshots, snapshotFile, tidySnapshots } from './snapshot-files.ts';

export interface SnapshotRounds {
	/** When all files were as the store was, ms; null before that. */
	completeAt(): number | null;
	/** Resolves when a round that goes on is over. */
	stop(): Promise<void>;
}

/** `none`: the cluster's data is on enough disks without. Only voters may save the key of the authority. */
export type WantedCopy = 'none' | 'voter' | 'leaf';

export interface SnapshotRoundsOptions {
	nc: NatsConnection;
	folder: string;
	/** Name of the cluster: files of another one are removed. */
	cluster: string;
	/** Asked before each round. */
	wanted(): Promise<WantedCopy>;
	/** The files of the round before stay. */
	onTrouble(error: CoveyError): void;
	everyMs?: Record<Exclude<WantedCopy, 'none'>, number>;
}

/** A voter has the data in its own store as well; for another host this copy is all there is. */
const EVERY_MS = { voter: 60_000, leaf: 15_000 };
const FIRST_MS = 2_000;

const Complete = z.object({ schema: z.literal(1), cluster: z.string(), at: z.number() });
export type CompleteCopy = z.infer<typeof Complete>;

export function keepSnapshots(options: SnapshotRoundsOptions): SnapshotRounds {
	const { nc, folder, cluster, everyMs = EVERY_MS } = options;
	let stopped = false;
	const known = new Map<string, SavedStream>();
	let complete: CompleteCopy | null = null;
	let next: NodeJS.Timeout | undefined;
	let going: Promise<void> = Promise.resolve();

	const save = async (as: 'voter' | 'leaf'): Promise<void> => {
		const begunAt = Date.now();
		// Whoever does not vote any more may not keep what only voters read.
		if (as === 'leaf') await rm(snapshotFile(folder, documentStream('authority')), { force: true });
		const streams = streamsToCopy({ authority: as === 'voter', timeline: true });
		const due = dueStreams(streams, known, begunAt);
		const saved = await saveSnapshots(nc, folder, due);
		for (const stream of due) {
			const bytes = saved.find((file) => file.stream === stream)?.bytes ?? known.get(stream)?.bytes ?? 0;
			known.set(stream, { at: begunAt, bytes });
		}
		complete = { schema: 1, cluster, at: completeSince(streams, known) };
		await writePrivate(fileIn(folder), JSON.stringify(complete));
	};
	/** What is not kept fresh would only mislead later. */
	const discard = async (): Promise<void> => {
		complete = null;
		known.clear();
		await rm(folder, { recursive: true, force: true });
	};
	const round = async (): Promise<void> => {
		let wait = everyMs.voter;
		try {
			const as = await options.wanted();
			if (as === 'none') await discard();
			else await save(as);
			// Soon asked again: it may become a voter.
			if (as !== 'voter') wait = everyMs.leaf;
		} catch (error) {
			if (!nc.isClosed()) options.onTrouble(toCoveyError(error, 'STORE_UNAVAILABLE'));
		}
		again(wait);
	};
	const again = (ms: number): void => {
		if (stopped) return;
		next = setTimeout(() => {
			going = round();
		}, ms);
		next.unref();
	};
	going = prepare(folder, cluster).then(
		(found) => {
			complete = found;
			again(Math.min(FIRST_MS, everyMs.leaf));
		},
		(error) => options.onTrouble(toCoveyError(error, 'DATA_DIR_UNUSABLE')),
	);
	return {
		completeAt: () => complete?.at ?? null,
		async stop() {
			stopped = true;
			clearTimeout(next);
			await going;
		},
	};
}

/** Null when there is no complete copy. */
export async function completeCopy(folder: string): Promise<CompleteCopy | null> {
	// Without a complete round there is no such file.
	const text = await readFile(fileIn(folder), 'utf8').catch(() => '');
	return Complete.safeParse(jsonOf(text)).data ?? null;
}

const fileIn = (folder: string): string => join(folder, 'complete.json');

async function prepare(folder: string, cluster: string): Promise<CompleteCopy | null> {
	const found = await completeCopy(folder);
	// Without the mark nobody can say whose they are.
	if (found?.cluster !== cluster) await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true, mode: 0o700 });
	await tidySnapshots(folder);
	return found?.cluster === cluster ? found : null;
}
