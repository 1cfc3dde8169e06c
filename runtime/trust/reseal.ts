// Every sealed value under the newest cluster key. Each is one compare-and-set, so several voters may do it at once and anybody may
// die in between.
import type { DocumentBucket, Documents } from '../engine/ports.ts';
import { type ClusterKey, placeOf, Sealed, seal, unseal } from './seal.ts';

const SEALED_BUCKETS: readonly DocumentBucket[] = ['authority', 'secrets'];

/** How many values each key seals, by its id: a hint. On a voter, as no other reads all. */
export async function countSealed(documents: Documents): Promise<Map<string, number>> {
	const counts = new Map<string, number>();
	for (const { keyId } of await listSealed(documents)) counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
	return counts;
}

/**
 * Opens what is sealed with another key than `newest` and seals it anew. What was changed meanwhile, or cannot be opened, stays
 * as it is. Resolves with the keys that values need afterwards. Rejects with STORE_UNAVAILABLE.
 */
export async function resealAll(
	documents: Documents,
	clusterKeys: readonly ClusterKey[],
	newest: ClusterKey,
	onUnopened: (thrown: unknown) => void,
): Promise<Set<string>> {
	const needed = new Set<string>();
	for (const { bucket, key, keyId } of await listSealed(documents)) {
		if (keyId !== newest.id && !(await resealOne(documents, bucket, key, clusterKeys, newest, onUnopened))) needed.add(keyId);
	}
	return needed;
}

async function resealOne(
	documents: Documents,
	bucket: DocumentBucket,
	key: string,
	clusterKeys: readonly ClusterKey[],
	newest: ClusterKey,
	onUnopened: (thrown: unknown) => void,
): Promise<boolean> {
	const stored = await documents.read(bucket, key);
	const value = Sealed.safeParse(stored?.value).data;
	if (!stored || !value || value.keyId === newest.id) return true;
	const place = placeOf(bucket, key);
	try {
		const sealed = seal(newest, place, unseal(clusterKeys, place, value));
		return (await documents.put(bucket, key, sealed, stored.revision)).status === 'committed';
	} catch (thrown) {
		if ((thrown as { code?: string }).code === 'STORE_UNAVAILABLE') throw thrown;
		onUnopened(thrown);
		return false;
	}
}

async function listSealed(documents: Documents): Promise<{ bucket: DocumentBucket; key: string; keyId: string }[]> {
	const lists = await Promise.all(SEALED_BUCKETS.map(async (bucket) => ({ bucket, found: await documents.list(bucket) })));
	return lists.flatMap(({ bucket, found }) =>
		found.flatMap(({ key, value }) => {
			const sealed = Sealed.safeParse(value).data;
			return sealed ? [{ bucket, key, keyId: sealed.keyId }] : [];
		}),
	);
}
