// Follows the documents that say who belongs to the cluster: read again when somebody says that they changed, and every few
// seconds, since such news may be lost.
import type { Clock, Documents } from '../engine/ports.ts';
import { repeat } from '../engine/repeat.ts';
import { type Roll, rollOf } from '../trust/members.ts';

const EVERY_MS = 10_000;

export interface RollWatch {
	/** As last read. */
	roll(): Roll;
	/** Reads now; for whoever has just changed it. Rejects with STORE_UNAVAILABLE. */
	refresh(): Promise<Roll>;
	/** Somebody said that it changed. */
	soon(): void;
	stop(): void;
}

/** `onChange` has taken effect before `refresh` resolves. `known`: from the life before. */
export function watchRoll(options: {
	clock: Clock;
	documents: Documents;
	known: Roll;
	onChange(roll: Roll): Promise<void>;
	/** After each reading, in effect by now: other documents of the bucket may have changed. */
	onRead?(documents: Awaited<ReturnType<Documents['list']>>, roll: Roll): void;
	onFailure(thrown: unknown): void;
}): RollWatch {
	let current = options.known;
	let seen = 0;
	let reading: Promise<Roll> | null = null;

	const read = async (): Promise<Roll> => {
		const documents = await options.documents.list('config');
		// A replica that lags must not throw out whom we have let in.
		const revision = Math.max(0, ...documents.map((document) => document.revision));
		if (revision < seen) return current;
		seen = revision;
		const found = rollOf(documents, current);
		if (JSON.stringify(found) !== JSON.stringify(rollOf([], current))) {
			await options.onChange(found);
			current = found;
		}
		options.onRead?.(documents, current);
		return current;
	};
	/** One at a time: an older reading must not undo a newer one. */
	const refresh = async (): Promise<Roll> => {
		// Whoever began that one hears how it ended.
		while (reading) await reading.catch(() => undefined);
		reading = read();
		try {
			return await reading;
		} finally {
			reading = null;
		}
	};
	const rounds = repeat({ clock: options.clock, everyMs: EVERY_MS, firstMs: 0, look: refresh, onFailure: options.onFailure });
	return { roll: () => current, refresh, soon: rounds.soon, stop: rounds.stop };
}
