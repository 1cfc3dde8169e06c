// Which cluster keys there are, and who has them: the documents by which a new key reaches every member. Pure.
//
// A new key and its share for every member come with one compare-and-set. Everything after that is looked at again and again by
// every host, so it does not matter who dies when: members take their shares, voters seal every value anew, and the old key is
// retired when every member has the new one and no value needs the old one.
import { z } from 'zod';
import { Name } from '../engine/record.ts';
import { Instant } from '../engine/units.ts';
import { pinOfKey } from './ca.ts';
import type { Member, Roll } from './members.ts';
import { ClusterKey } from './seal.ts';
import { openShare, Share, shareFor } from './share.ts';

const KeyId = ClusterKey.shape.id;

/** Document `keyring`; there is none until the first rotation. */
export const Keyring = z.object({
	schema: z.literal(1),
	/** Newest first: that one seals, the others only open what is not sealed anew yet. */
	keys: z
		.array(
			z.object({
				id: KeyId,
				createdAt: Instant,
				by: z.string(),
				/** By host; those who have it already need none. */
				shares: z.record(Name, Share),
			}),
		)
		.min(1),
	/** Hosts drop these, and only these: a key that is merely missing may be newer than what was read. */
	retired: z.array(KeyId),
});
export type Keyring = z.infer<typeof Keyring>;

export const KEYRING = 'keyring';

/** Document `keys-<host>`, written by that host only. */
export const KeyHolder = z.object({
	schema: z.literal(1),
	host: Name,
	/** Of its certificate, SPKI DER, base64. */
	publicKey: z.string(),
	/** Cluster keys that are on its disk, newest first. */
	holds: z.array(KeyId),
});
export type KeyHolder = z.infer<typeof KeyHolder>;

export const keyOfHolder = (host: string): string => `keys-${host}`;

/** A disaster copy of the store may be so much older than the store, ms: until then it must be possible to open it. */
export const RETIRE_AFTER_MS = 24 * 3600 * 1000;
const RETIRED_KEPT = 50;

export interface KeyFacts {
	/** Null before the first rotation. */
	ring: Keyring | null;
	holders: KeyHolder[];
	members: Roll['members'];
}

/** From all documents of the bucket `config`. */
export function keyFactsOf(documents: readonly { key: string; value: unknown }[], { members }: Roll): KeyFacts {
	const ring = Keyring.safeParse(documents.find(({ key }) => key === KEYRING)?.value).data ?? null;
	const holders = documents
		.filter(({ key }) => key.startsWith(keyOfHolder('')))
		.flatMap(({ value }) => KeyHolder.safeParse(value).data ?? []);
	return { ring, holders, members };
}

const placeOfShare = (id: string, host: string): string => `${KEYRING}/${id}/${host}`;

/** The ring with a new key and a share of it for each member whose public key is known. */
export function withNewKey(facts: KeyFacts, key: ClusterKey, founding: readonly ClusterKey[], by: string): Keyring {
	const { keys, retired } = facts.ring ?? {
		keys: founding.map(({ id, createdAt }) => ({ id, createdAt, by: 'founding', shares: {} })),
		retired: [],
	};
	const added = { id: key.id, createdAt: key.createdAt, by, shares: sharesOf(key, facts.members, facts.holders) };
	return { schema: 1, keys: [added, ...keys], retired };
}

/** Members that could be given no share, because their public key was never told. */
export const withoutPublicKey = ({ members, holders }: KeyFacts): string[] =>
	members.filter((member) => publicKeyOf(member, holders) === null).map(({ host }) => host);

/** Members that are not known to have the key on their disk. */
export const waitingFor = ({ members, holders }: KeyFacts, id: string): string[] =>
	members.filter(({ host }) => !holders.some((one) => one.host === host && one.holds.includes(id))).map(({ host }) => host);

/** What `self` has after it took its shares and dropped what is retired, newest first. Throws what `openShare` throws. */
export function keysAfter(
	ring: Keyring | null,
	self: { host: string; pin: string; key: string; clusterKeys: readonly ClusterKey[] },
): ClusterKey[] {
	const taken = (ring?.keys ?? []).flatMap(({ id, createdAt, shares }) => {
		const share = shares[self.host];
		if (!share || share.pin !== self.pin || self.clusterKeys.some((one) => one.id === id)) return [];
		return [{ id, createdAt, key: openShare(self.key, placeOfShare(id, self.host), share) }];
	});
	const all = [...taken, ...self.clusterKeys].sort((one, other) => other.createdAt - one.createdAt);
	const stays = all.filter(({ id }) => !ring?.retired.includes(id));
	// Something that opens nothing is better than nothing: a person can still look at it.
	return stays.length > 0 ? stays : all;
}

/** The ring with shares for members that came or changed their key since; null when nobody lacks one. */
export function withMissingShares({ ring, holders, members }: KeyFacts, clusterKeys: readonly ClusterKey[]): Keyring | null {
	const [newest, ...older] = ring?.keys ?? [];
	const key = clusterKeys.find(({ id }) => id === newest?.id);
	if (!ring || !newest || !key) return null;
	const lacking = members.filter(
		({ host, pin }) =>
			newest.shares[host]?.pin !== pin && !holders.some((one) => one.host === host && one.holds.includes(newest.id)),
	);
	const added = sharesOf(key, lacking, holders);
	if (Object.keys(added).length === 0) return null;
	return { ...ring, keys: [{ ...newest, shares: { ...newest.shares, ...added } }, ...older] };
}

/** The ring without the keys that nothing needs; null when each is needed. `sealedWith`: the keys of all sealed values. */
export function withoutOldKeys(
	facts: KeyFacts,
	sealedWith: ReadonlySet<string>,
	now: number,
	graceMs = RETIRE_AFTER_MS,
): Keyring | null {
	const [newest, ...older] = facts.ring?.keys ?? [];
	if (!facts.ring || !newest || older.length === 0) return null;
	if (now - newest.createdAt < graceMs || waitingFor(facts, newest.id).length > 0) return null;
	const gone = older.filter(({ id }) => !sealedWith.has(id));
	if (gone.length === 0) return null;
	return {
		...facts.ring,
		keys: [newest, ...older.filter((one) => !gone.includes(one))],
		retired: [...gone.map(({ id }) => id), ...facts.ring.retired].slice(0, RETIRED_KEPT),
	};
}

function sharesOf(key: ClusterKey, members: readonly Member[], holders: readonly KeyHolder[]): Record<string, Share> {
	return Object.fromEntries(
		members.flatMap((member) => {
			const publicKey = publicKeyOf(member, holders);
			if (publicKey === null || member.pin === null) return [];
			return [[member.host, shareFor({ pin: member.pin, publicKey }, placeOfShare(key.id, member.host), key.key)]];
		}),
	);
}

/** Null when it was not told, or another one than its certificate has. */
function publicKeyOf({ host, pin }: Member, holders: readonly KeyHolder[]): string | null {
	const told = holders.find((one) => one.host === host)?.publicKey;
	return told !== undefined && pinOfKey(told) === pin ? told : null;
}
