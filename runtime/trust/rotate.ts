// A new cluster key, and how far it has come.
import { z } from 'zod';
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { Name } from '../engine/record.ts';
import { Instant } from '../engine/units.ts';
import { KEYRING, type KeyFacts, Keyring, keyFactsOf, waitingFor, withNewKey, withoutPublicKey } from './keyring.ts';
import { rollOf } from './members.ts';
import { countSealed } from './reseal.ts';
import { ClusterKey, newClusterKey } from './seal.ts';

export const KeyStatus = z.object({
	keys: z
		.array(
			z.object({
				id: ClusterKey.shape.id,
				createdAt: Instant,
				by: z.string(),
				values: z.number().int().describe('how many values are sealed with it'),
				waiting: z.array(Name).describe('members that do not have it yet'),
			}),
		)
		.describe('newest first; that one seals, the others open what is not sealed anew yet'),
	members: z.number().int(),
});
export type KeyStatus = z.infer<typeof KeyStatus>;

export interface RotateParts {
	documents: Documents;
	clusterKeys(): readonly ClusterKey[];
	now(): number;
}

/** So many keys can wait for hosts that are away. */
const MOST_KEYS = 5;
const MAX_TRIES = 20;

/** `id` is the asker's name for the new key: asked again, nothing more happens. Rejects with NOT_ALLOWED_NOW, STORE_UNAVAILABLE. */
export async function rotate(parts: RotateParts, { id, by }: { id: string; by: string }): Promise<void> {
	for (let tries = 0; tries < MAX_TRIES; tries++) {
		const stored = await parts.documents.read('config', KEYRING);
		const ring = Keyring.safeParse(stored?.value).data ?? null;
		if (ring && [...ring.keys.map((key) => key.id), ...ring.retired].includes(id)) return;
		const facts = { ...(await factsNow(parts.documents)), ring };
		const refusal = refusalOf(facts, parts.now());
		if (refusal) throw refusal;
		const next = withNewKey(facts, { ...newClusterKey(parts.now()), id }, parts.clusterKeys(), by);
		if ((await parts.documents.put('config', KEYRING, next, stored?.revision ?? 0)).status === 'committed') return;
	}
	throw new CoveyError('STORE_UNAVAILABLE', `The keyring was changed by others ${MAX_TRIES} times in a row.`);
}

/** On a voter. Rejects with STORE_UNAVAILABLE. */
export async function keyStatus(parts: RotateParts): Promise<KeyStatus> {
	const [facts, counts] = await Promise.all([factsNow(parts.documents), countSealed(parts.documents)]);
	const keys = facts.ring?.keys ?? parts.clusterKeys().map(({ id, createdAt }) => ({ id, createdAt, by: 'founding' }));
	return {
		keys: keys.map(({ id, createdAt, by }) => ({
			id,
			createdAt,
			by,
			values: counts.get(id) ?? 0,
			waiting: waitingFor(facts, id),
		})),
		members: facts.members.length,
	};
}

function refusalOf(facts: KeyFacts, now: number): CoveyError | null {
	const unknown = withoutPublicKey(facts);
	if (unknown.length > 0)
		return new CoveyError(
			'NOT_ALLOWED_NOW',
			`${unknown.join(', ')} could not be given a new key: ${unknown.length === 1 ? 'it has' : 'they have'} never run this version of Covey. Start or forget ${unknown.length === 1 ? 'it' : 'them'} first.`,
		);
	const [newest] = facts.ring?.keys ?? [];
	if (!newest || (facts.ring?.keys.length ?? 0) < MOST_KEYS) return null;
	const waiting = waitingFor(facts, newest.id);
	return new CoveyError(
		'NOT_ALLOWED_NOW',
		waiting.length > 0
			? `The last ${MOST_KEYS} keys still wait for ${waiting.join(', ')}.`
			: `There are ${MOST_KEYS} keys already; old ones are dropped a day after the newest was made, ${new Date(newest.createdAt).toISOString()}${now < newest.createdAt ? ' by a clock that is ahead' : ''}.`,
	);
}

async function factsNow(documents: Documents): Promise<KeyFacts> {
	const all = await documents.list('config');
	return keyFactsOf(all, rollOf(all));
}
