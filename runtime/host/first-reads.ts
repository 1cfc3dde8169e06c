// What a host reads through the store's leader before it does anything: whether it is a member still, and its plan.
import type { HostPlan } from '../../actors/drivers/plan.ts';
import { joinedAt } from '../../actors/members.ts';
import { readPlan } from '../../actors/plans.ts';
import { hostRef } from '../../machines/host/contract.ts';
import { standingOf } from '../../machines/host/standing.ts';
import { toWire } from '../engine/errors.ts';
import type { Stored } from '../engine/record.ts';
import { departedBefore, departedError, noteIn } from './departure.ts';
import type { HostParts } from './host-parts.ts';
import type { Links } from './links.ts';
import { realClock } from './real-clock.ts';

type FirstReadParts = Pick<HostParts, 'dataDir' | 'observe'>;

const RETRY_MS = 1_000;

/**
 * Since when this host is a member, ms, and the record of its actor. Waits for a leader as long as it takes. A host that was forgotten
 * while it was away starts nothing, because others may have its apps by now: it ends them and rejects with HOST_FORGOTTEN.
 */
export async function readMembership(
	parts: FirstReadParts & { endApps(): Promise<void> },
	links: Pick<Links, 'documents' | 'store'>,
): Promise<{ memberSince: number; record: Stored | null }> {
	const { host, createdAt } = parts.dataDir.identity;
	const told = await patiently(parts, async () => ({
		record: await links.store.read(hostRef(host)),
		joinedAt: await joinedAt(links.documents, host),
	}));
	// A host that joined again with its disk is a member since then.
	const memberSince = Math.max(createdAt, told.joinedAt ?? 0);
	const standing = standingOf(told.record?.record);
	if (departedBefore(memberSince, standing)) {
		await parts.endApps();
		noteIn(parts.dataDir.path, host, realClock.now());
		throw departedError(host, standing.departedAt);
	}
	return { memberSince, record: told.record };
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
