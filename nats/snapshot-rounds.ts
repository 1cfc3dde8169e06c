// Keeps the snapshot files of this host fresh, for as long as it runs.
import { type CoveyError, toCoveyError } from '../runtime/engine/errors.ts';
import type { NatsConnection } from './connect.ts';
import { type SnapshotFile, saveSnapshots } from './snapshot-files.ts';

export interface SnapshotRounds {
	/** Resolves when a round that goes on is over. */
	stop(): Promise<void>;
}

export interface SnapshotRoundsOptions {
	nc: NatsConnection;
	folder: string;
	/** Asked before each round: voters always, other hosts while the cluster is small. */
	wanted(): boolean;
	onSaved?(files: SnapshotFile[]): void;
	/** The files of the round before stay. */
	onTrouble(error: CoveyError): void;
	everyMs?: number;
}

const EVERY_MS = 60_000;
/** The timeline is history for people: a copy of it in one round of so many is enough. */
const TIMELINE_ROUNDS = 15;

export function keepSnapshots(options: SnapshotRoundsOptions): SnapshotRounds {
	const { nc, folder, everyMs = EVERY_MS } = options;
	let rounds = 0;
	let going: Promise<void> = Promise.resolve();
	let isGoing = false;
	const round = async () => {
		isGoing = true;
		try {
			const saved = await saveSnapshots(nc, folder, rounds++ % TIMELINE_ROUNDS === 0);
			if (saved.length > 0) options.onSaved?.(saved);
		} catch (error) {
			if (!nc.isClosed()) options.onTrouble(toCoveyError(error, 'STORE_UNAVAILABLE'));
		} finally {
			isGoing = false;
		}
	};
	const timer = setInterval(() => {
		if (!isGoing && options.wanted()) going = round();
	}, everyMs);
	return {
		async stop() {
			clearInterval(timer);
			await going;
		},
	};
}
