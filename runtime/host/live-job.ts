// Does anybody still want this job? The record, read through the leader, says.
import type { JobOrder, Store } from '../engine/ports.ts';
import type { Claim } from './job-contract.ts';

export async function claimOf(store: Store, order: Pick<JobOrder, 'actor' | 'key'>): Promise<Claim> {
	const stored = await store.read(order.actor);
	if (!stored?.record.owner) return null;
	const wanted = Object.values(stored.record.effects).some(({ key }) => key === order.key);
	return wanted ? { epoch: stored.record.epoch, owner: stored.record.owner.host } : null;
}
