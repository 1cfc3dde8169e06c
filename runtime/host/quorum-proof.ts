// The proof that this host belongs to its cluster: a write of its own that a majority has taken.
import type { Links } from './links.ts';

/** The same store and documents; `onCommit` hears of each write that a majority has taken. */
export function proofOf(links: Pick<Links, 'store' | 'documents'>, onCommit: () => void): Pick<Links, 'store' | 'documents'> {
	const { store, documents } = links;
	return {
		store: {
			...store,
			async put(record, previous) {
				const outcome = await store.put(record, previous);
				if (outcome.status === 'committed') onCommit();
				return outcome;
			},
		},
		documents: {
			...documents,
			async put(bucket, key, value, previous) {
				const outcome = await documents.put(bucket, key, value, previous);
				if (outcome.status === 'committed') onCommit();
				return outcome;
			},
		},
	};
}
