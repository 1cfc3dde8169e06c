// The plans of hosts in the store: read through the leader, changed by compare-and-set only.
import { CoveyError } from '../runtime/engine/errors.ts';
import type { Documents } from '../runtime/engine/ports.ts';
import type { Json } from '../runtime/engine/record.ts';
import { emptyPlan, HostPlan } from './drivers/plan.ts';

/** STORE_UNAVAILABLE when no leader answers. */
export async function readPlan(documents: Documents, host: string): Promise<HostPlan> {
	const stored = await documents.read('plans', host);
	return stored ? HostPlan.parse(stored.value) : emptyPlan(host);
}

/** `change` may run several times; returning the plan it was given writes nothing. */
export async function changePlan(
	documents: Documents,
	host: string,
	change: (plan: HostPlan) => HostPlan | Promise<HostPlan>,
): Promise<HostPlan> {
	for (let tries = 0; tries < MAX_TRIES; tries++) {
		const stored = await documents.read('plans', host);
		const before = stored ? HostPlan.parse(stored.value) : emptyPlan(host);
		const after = await change(before);
		if (after === before) return before;
		const next = HostPlan.parse({ ...after, revision: before.revision + 1 });
		const outcome = await documents.put('plans', host, next as unknown as Json, stored?.revision ?? 0);
		if (outcome.status === 'committed') return next;
	}
	throw new CoveyError('STORE_UNAVAILABLE', `the plan of ${host} was changed by others ${MAX_TRIES} times in a row`);
}

/** Many installs write one plan: each conflict means that another one got through. */
const MAX_TRIES = 200;

export function withoutApp(plan: HostPlan, instance: string): HostPlan {
	if (!(instance in plan.apps)) return plan;
	const { [instance]: _removed, ...apps } = plan.apps;
	return { ...plan, apps };
}
