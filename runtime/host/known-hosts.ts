// What is known of every host, also while the store does not answer: then it is what was known last.
import type { Clock, Documents } from '../engine/ports.ts';
import { within } from './waiting.ts';

export interface KnownHosts {
	/** The values of the bucket `hosts`. Never rejects. */
	list(): Promise<unknown[]>;
	/** As last read. */
	latest(): readonly unknown[];
}

const LIMIT_MS = 2_000;

export function knownHosts(clock: Clock, documents: Pick<Documents, 'list'>): KnownHosts {
	let latest: unknown[] = [];
	return {
		latest: () => latest,
		async list() {
			const answer = await within(clock, LIMIT_MS, documents.list('hosts'));
			if (answer.status === 'ok') latest = answer.value.map(({ value }) => value);
			return latest;
		},
	};
}
