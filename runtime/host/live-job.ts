// Does anybody still want this job? The record, read through the leader, says.
import { CoveyError } from '../engine/errors.ts';
import type { JobOrder, Store } from '../engine/ports.ts';
import { refText } from '../engine/record.ts';
import type { Claim } from './job-contract.ts';

/** Rejects while the store is unavailable, and with ACTOR_MOVED while the actor is being handed over: then ask again. */
export async function claimOf(store: Pick<Store, 'read'>, order: Pick<JobOrder, 'actor' | 'key'>): Promise<Claim> {
	const stored = await store.read(order.actor);
	const wanted = Object.values(stored?.record.effects ?? {}).some(({ key }) => key === order.key);
	if (!stored || !wanted) return null;
	const { epoch, owner } = stored.record;
	if (!owner) throw new CoveyError('ACTOR_MOVED', `${refText(order.actor)} is between two owners.`);
	return { epoch, owner: owner.host };
}
