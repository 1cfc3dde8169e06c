// What is known of every host and its plan, also while the store does not answer: then it is what was known last.
import type { Clock, DocumentBucket, Documents } from '../engine/ports.ts';
import { repeat } from '../engine/repeat.ts';
import { within } from './waiting.ts';

export interface KnownDocuments {
	/** The values of the bucket. Never rejects. Who asks while an answer is on its way shares it. */
	list(): Promise<unknown[]>;
	/** As last read. */
	latest(): readonly unknown[];
}
export type KnownHosts = KnownDocuments;

const LIMIT_MS = 2_000;
const FOLLOW_MS = 10_000;

export const knownHosts = (clock: Clock, documents: Pick<Documents, 'list'>): KnownHosts =>
	knownDocuments(clock, documents, 'hosts');

export function knownDocuments(clock: Clock, documents: Pick<Documents, 'list'>, bucket: DocumentBucket): KnownDocuments {
	let latest: unknown[] = [];
	let asking: Promise<unknown[]> | null = null;
	const ask = async (): Promise<unknown[]> => {
		const answer = await within(clock, LIMIT_MS, documents.list(bucket));
		if (answer.status === 'ok') latest = answer.value.map(({ value }) => value);
		asking = null;
		return latest;
	};
	return {
		latest: () => latest,
		list: () => {
			asking ??= ask();
			return asking;
		},
	};
}

/** Reads them now and then, though nobody asks: who is cut off later knows who there was. */
export function followDocuments(
	clock: Clock,
	known: Pick<KnownDocuments, 'list'>,
	onFailure: (thrown: unknown) => void,
): { stop(): void } {
	return repeat({ clock, everyMs: FOLLOW_MS, firstMs: 0, look: known.list, onFailure });
}
