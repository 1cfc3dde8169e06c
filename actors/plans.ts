// The plans of hosts in the store: read through the leader, changed by compare-and-set only.
import { CoveyError } from '../runtime/engine/errors.ts';
import type { Documents } from '../runtime/engine/ports.ts';
import type { Json } from '../runtime/engine/record.ts';
import { emptyPlan, HostPlan } from './drivers/plan.ts';
import { withoutReservation } from './reservations.ts';

/** `change` may run several times; returning the plan it was given writes nothing. */
export type PlanChange = (plan: HostPlan) => HostPlan | Promise<HostPlan>;

/** STORE_UNAVAILABLE when no leader answers. */
export async function readPlan(documents: Documents, host: string): Promise<HostPlan> {
	const stored = await documents.read('plans', host);
	return stored ? HostPlan.parse(stored.value) : emptyPlan(host);
}

/**
 * Changes asked of one plan while a write of it is under way share the next write: fifty installs would otherwise compete for
 * one compare-and-set, and reach their builds one by one. Rejects with what `change` throws, others are unharmed by that, or
 * with STORE_UNAVAILABLE.
 */
export function changePlan(documents: Documents, host: string, change: PlanChange): Promise<HostPlan> {
	const line = lineOf(documents, host);
	return new Promise((resolve, reject) => {
		line.waiting.push({ change, resolve, reject });
		if (!line.isWriting) void writeAll(documents, host, line);
	});
}

interface Waiter {
	change: PlanChange;
	resolve(plan: HostPlan): void;
	reject(error: unknown): void;
}

interface Line {
	waiting: Waiter[];
	isWriting: boolean;
}

const lines = new WeakMap<Documents, Map<string, Line>>();

function lineOf(documents: Documents, host: string): Line {
	const ofHosts = lines.get(documents) ?? new Map<string, Line>();
	const line = ofHosts.get(host) ?? { waiting: [], isWriting: false };
	lines.set(documents, ofHosts.set(host, line));
	return line;
}

async function writeAll(documents: Documents, host: string, line: Line): Promise<void> {
	line.isWriting = true;
	while (line.waiting.length > 0) {
		const group = line.waiting.splice(0);
		try {
			await writeGroup(documents, host, group);
		} catch (thrown) {
			for (const waiter of group) waiter.reject(thrown);
		}
	}
	line.isWriting = false;
}

/** Other hosts and older processes write this plan too. */
const MAX_TRIES = 200;

async function writeGroup(documents: Documents, host: string, group: readonly Waiter[]): Promise<void> {
	for (let tries = 0; tries < MAX_TRIES; tries++) {
		const stored = await documents.read('plans', host);
		const before = stored ? HostPlan.parse(stored.value) : emptyPlan(host);
		const { plan, failed } = await applyAll(before, group);
		const next = plan === before ? before : HostPlan.parse({ ...plan, revision: before.revision + 1 });
		if (next !== before && !(await put(documents, next, stored?.revision ?? 0))) continue;
		for (const waiter of group) answer(waiter, next, failed);
		return;
	}
	throw new CoveyError('STORE_UNAVAILABLE', `the plan of ${host} was changed by others ${MAX_TRIES} times in a row`);
}

async function put(documents: Documents, plan: HostPlan, revision: number): Promise<boolean> {
	return (await documents.put('plans', plan.host, plan as unknown as Json, revision)).status === 'committed';
}

function answer(waiter: Waiter, plan: HostPlan, failed: ReadonlyMap<Waiter, unknown>): void {
	if (failed.has(waiter)) waiter.reject(failed.get(waiter));
	else waiter.resolve(plan);
}

async function applyAll(before: HostPlan, group: readonly Waiter[]): Promise<{ plan: HostPlan; failed: Map<Waiter, unknown> }> {
	const failed = new Map<Waiter, unknown>();
	let plan = before;
	for (const waiter of group) {
		try {
			plan = await waiter.change(plan);
		} catch (thrown) {
			failed.set(waiter, thrown);
		}
	}
	return { plan, failed };
}

/** Without the app and without what was kept for it; the plan itself when there is neither. */
export function withoutApp(plan: HostPlan, instance: string): HostPlan {
	const free = withoutReservation(plan, instance);
	if (!(instance in free.apps)) return free;
	const { [instance]: _removed, ...apps } = free.apps;
	return { ...free, apps };
}
