// This host's part in the life of the cluster's keys. Looks at the documents as they are read, and does what is missing: after a
// crash or an absence nothing needs to be remembered.
import type { Documents } from '../engine/ports.ts';
import { pinOf } from '../trust/ca.ts';
import type { Identity } from '../trust/identity.ts';
import {
	KEYRING,
	type KeyFacts,
	type KeyHolder,
	type Keyring,
	keyFactsOf,
	keyOfHolder,
	keysAfter,
	withMissingShares,
	withoutOldKeys,
} from '../trust/keyring.ts';
import type { Member, Roll } from '../trust/members.ts';
import { resealAll } from '../trust/reseal.ts';
import { publicKeyOf } from '../trust/share.ts';

export interface KeyWatchParts {
	documents: Documents;
	identity(): Identity;
	/** On disk when it returns. */
	keep(identity: Identity): void;
	role(): Member['role'];
	now(): number;
	/** The ring has changed: everybody shall look again. */
	announce(): void;
	onFailure(thrown: unknown): void;
	/** ms; for tests. */
	retireAfter?: number;
}

export interface KeyWatch {
	/** All documents of the bucket `config`, as just read. */
	look(documents: readonly Listed[], roll: Roll): void;
	/** Resolves when nothing that was looked at waits. */
	idle(): Promise<void>;
}

type Listed = Awaited<ReturnType<Documents['list']>>[number];

export function watchKeys(parts: KeyWatchParts): KeyWatch {
	let latest: { documents: readonly Listed[]; roll: Roll } | null = null;
	let tending: Promise<void> | null = null;
	const told = new Set<string>();
	// It is looked at again every few seconds: what stays wrong is told once.
	const tellOnce = (thrown: unknown): void => {
		const words = String(thrown);
		if (!told.has(words)) parts.onFailure(thrown);
		told.add(words);
	};

	async function tendAll(): Promise<void> {
		for (let next = latest; next; next = latest) {
			latest = null;
			await tend({ ...parts, onFailure: tellOnce }, next.documents, next.roll).catch(tellOnce);
		}
		tending = null;
	}
	return {
		look(documents, roll) {
			latest = { documents, roll };
			tending ??= tendAll();
		},
		idle: async () => void (await tending),
	};
}

async function tend(parts: KeyWatchParts, documents: readonly Listed[], roll: Roll): Promise<void> {
	const facts = keyFactsOf(documents, roll);
	takeShares(parts, facts);
	await tellHolding(parts, documents, facts);
	if (parts.role() === 'voter' && facts.ring) await tendRing(parts, documents, facts);
}

function takeShares(parts: KeyWatchParts, { ring }: KeyFacts): void {
	const identity = parts.identity();
	const { host, certificate, key, clusterKeys } = identity;
	const after = keysAfter(ring, { host, pin: pinOf(certificate), key, clusterKeys });
	if (idsOf(after) !== idsOf(clusterKeys)) parts.keep({ ...identity, clusterKeys: after });
}

/** Only after the keys are on disk: others drop the old ones because of it. */
async function tellHolding(
	{ documents, identity }: KeyWatchParts,
	listed: readonly Listed[],
	{ holders }: KeyFacts,
): Promise<void> {
	const { host, key, clusterKeys } = identity();
	const wanted: KeyHolder = { schema: 1, host, publicKey: publicKeyOf(key), holds: clusterKeys.map(({ id }) => id) };
	const known = holders.find((one) => one.host === host);
	if (known?.publicKey === wanted.publicKey && known.holds.join() === wanted.holds.join()) return;
	await documents.put('config', keyOfHolder(host), wanted, revisionOf(listed, keyOfHolder(host)));
}

async function tendRing(parts: KeyWatchParts, listed: readonly Listed[], facts: KeyFacts): Promise<void> {
	const { clusterKeys } = parts.identity();
	const shared = withMissingShares(facts, clusterKeys);
	if (shared) return putRing(parts, shared, listed);
	const newest = clusterKeys.find(({ id }) => id === facts.ring?.keys[0]?.id);
	if (!newest || facts.ring?.keys.length === 1) return;
	const needed = await resealAll(parts.documents, clusterKeys, newest, parts.onFailure);
	const retired = withoutOldKeys(facts, needed, parts.now(), parts.retireAfter);
	if (retired) await putRing(parts, retired, listed);
}

/** A conflict means that somebody else was quicker: it is looked at again. */
async function putRing(parts: KeyWatchParts, ring: Keyring, listed: readonly Listed[]): Promise<void> {
	const outcome = await parts.documents.put('config', KEYRING, ring, revisionOf(listed, KEYRING));
	if (outcome.status === 'committed') parts.announce();
}

const revisionOf = (listed: readonly Listed[], key: string): number => listed.find((one) => one.key === key)?.revision ?? 0;

const idsOf = (keys: readonly { id: string }[]): string => keys.map(({ id }) => id).join();
