// What a host reads through the store's leader before it does anything: whether it is a member still, and its plan.
import { emptyPlan, type HostPlan } from '../../actors/drivers/plan.ts';
import { joinedAt } from '../../actors/members.ts';
import { readPlan } from '../../actors/plans.ts';
import { hostRef } from '../../machines/host/contract.ts';
import { standingOf } from '../../machines/host/standing.ts';
import { toWire } from '../engine/errors.ts';
import type { ActorRecord } from '../engine/record.ts';
import { departedBefore, departedError, noteIn } from './departure.ts';
import type { HostParts } from './host-parts.ts';
import type { Links } from './links.ts';
import { realClock } from './real-clock.ts';

type FirstReadParts = Pick<HostParts, 'dataDir' | 'driver' | 'observe'>;

const RETRY_MS = 1_000;

/** Since when this host is a member, ms. Waits for a leader as long as it takes. Rejects with HOST_FORGOTTEN. */
export async function readMembership(parts: FirstReadParts, links: Pick<Links, 'documents' | 'store'>): Promise<number> {
	const { host, createdAt } = parts.dataDir.identity;
	const told = await patiently(parts, async () => ({
		own: (await links.store.read(hostRef(host)))?.record ?? null,
		joinedAt: await joinedAt(links.documents, host),
	}));
	// A host that joined again with its disk is a member since then.
	const memberSince = Math.max(createdAt, told.joinedAt ?? 0);
	await assertMember(parts, memberSince, told.own);
	return memberSince;
}

/** Waits for a leader as long as it takes: without the plan nothing may start, and what still runs goes on (H1). */
export const readFirstPlan = (parts: FirstReadParts, links: Pick<Links, 'documents'>): Promise<HostPlan> =>
	patiently(parts, () => readPlan(links.documents, parts.dataDir.identity.host));

async function patiently<T>({ observe }: FirstReadParts, read: () => Promise<T>): Promise<T> {
	for (let told = false; ; told = true) {
		try {
			return await read();
		} catch (thrown) {
			if (!told) observe({ type: 'planUnread', error: toWire(thrown) });
			await new Promise<void>((resolve) => realClock.after(RETRY_MS, resolve));
		}
	}
}

/**
 * A host that was forgotten while it was away starts nothing: others may have its apps by now. What still runs of them is ended.
 * Rejects with HOST_FORGOTTEN.
 */
async function assertMember({ dataDir, driver }: FirstReadParts, memberSince: number, record: ActorRecord | null): Promise<void> {
	const { host } = dataDir.identity;
	const standing = standingOf(record);
	if (!departedBefore(memberSince, standing)) return;
	await driver.adoptOrphans(emptyPlan(host));
	noteIn(dataDir.path, host, realClock.now());
	throw departedError(host, standing.departedAt);
}
