// The vault over the bucket `secrets`: one sealed value per instance.
import { Kept, type Vault } from '../../actors/vault.ts';
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { ClusterKey, newClusterKey, placeOf, Sealed, seal, unseal } from '../trust/seal.ts';

const MAX_TRIES = 50;
const keyOf = (instance: string): string => `app-${instance}`;

/** Newest first; a host that lacks the one of that id looks whether there is a newer one than it knows. */
export type KeysFor = (id: string | null) => Promise<readonly ClusterKey[]>;

export function sealedVault(documents: Documents, keysFor: KeysFor): Vault {
	async function look(instance: string): Promise<{ kept: Kept | null; revision: number }> {
		const stored = await documents.read('secrets', keyOf(instance));
		if (!stored) return { kept: null, revision: 0 };
		const sealed = Sealed.parse(stored.value);
		const text = unseal(await keysFor(sealed.keyId), placeOf('secrets', keyOf(instance)), sealed);
		return { kept: Kept.parse(JSON.parse(text)), revision: stored.revision };
	}

	return {
		read: async (instance) => (await look(instance)).kept,
		async change(instance, change) {
			for (let tries = 0; tries < MAX_TRIES; tries++) {
				const { kept, revision } = await look(instance);
				const next = change(kept);
				if (next === kept || next === null) return kept;
				const [newest] = await keysFor(null);
				if (!newest) throw new CoveyError('NOT_TRUSTED', 'This host has no cluster key to seal a secret with.');
				const sealed = seal(newest, placeOf('secrets', keyOf(instance)), JSON.stringify(Kept.parse(next)));
				if ((await documents.put('secrets', keyOf(instance), sealed, revision)).status === 'committed') return next;
			}
			throw new CoveyError('STORE_UNAVAILABLE', `The secrets of ${instance} were changed by others ${MAX_TRIES} times in a row.`);
		},
	};
}

const OPEN_KEY = 'open-cluster-key';

/**
 * The key of a cluster without trust, which only this machine can reach: it keeps secrets out of sight, not from whoever asks the
 * store. All its hosts use the same, so that an app can move.
 */
export function openClusterKey(documents: Documents, now: () => number): () => Promise<readonly ClusterKey[]> {
	let known: readonly ClusterKey[] | null = null;
	return async () => {
		for (let tries = 0; known === null; tries++) {
			const stored = await documents.read('config', OPEN_KEY);
			if (stored) known = [ClusterKey.parse(stored.value)];
			else if (tries > MAX_TRIES) throw new CoveyError('STORE_UNAVAILABLE', 'The key of this cluster could not be kept.');
			else await documents.put('config', OPEN_KEY, newClusterKey(now()), 0);
		}
		return known;
	};
}
