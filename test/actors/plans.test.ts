import { expect, test } from 'vitest';
import type { HostPlan } from '../../actors/drivers/plan.ts';
import { changePlan, readPlan, withoutApp } from '../../actors/plans.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { memoryDocuments } from '../../runtime/engine/memory.ts';
import type { Documents } from '../../runtime/engine/ports.ts';

const HOST = 'alder';
const withApp =
	(name: string) =>
	(plan: HostPlan): HostPlan => ({ ...plan, apps: { ...plan.apps, [name]: { instance: name, ...APP } } });
const APP = {
	app: 'notes',
	desired: 'stopped' as const,
	source: { type: 'binary' as const, program: 'node' },
	command: ['node'],
	env: {},
	ports: [],
	volumes: [],
	health: null,
	stopTimeoutMs: 1_000,
	memoryBytes: 0,
	diskBytes: 0,
};

/** Counts writes; `intrude` runs before each. */
function counted(intrude: (documents: Documents) => Promise<unknown> = async () => {}) {
	const documents = memoryDocuments();
	let puts = 0;
	const put: Documents['put'] = async (bucket, key, value, previous) => {
		puts++;
		await intrude(documents);
		return documents.put(bucket, key, value, previous);
	};
	return { documents: { ...documents, put }, puts: () => puts };
}

test('changes that are asked together share their writes, and each sees the ones before it', async () => {
	const { documents, puts } = counted();
	const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
	const seen: number[] = [];
	const plans = await Promise.all(
		names.map((name) =>
			changePlan(documents, HOST, (plan) => {
				seen.push(Object.keys(plan.apps).length);
				return withApp(name)(plan);
			}),
		),
	);
	expect(Object.keys((await readPlan(documents, HOST)).apps)).toEqual(names);
	expect(seen).toEqual(names.map((_, index) => index));
	expect(plans.every((plan, index) => (names[index] as string) in plan.apps)).toBe(true);
	expect(puts()).toBeLessThanOrEqual(2);
});

test('a change that fails harms nobody beside it', async () => {
	const { documents } = counted();
	const taken = new CoveyError('PORT_IN_USE', 'Port 80 is in use.');
	const [first, failing, last] = await Promise.allSettled([
		changePlan(documents, HOST, withApp('first')),
		changePlan(documents, HOST, () => Promise.reject(taken)),
		changePlan(documents, HOST, withApp('last')),
	]);
	expect(failing).toEqual({ status: 'rejected', reason: taken });
	expect([first.status, last.status]).toEqual(['fulfilled', 'fulfilled']);
	expect(Object.keys((await readPlan(documents, HOST)).apps)).toEqual(['first', 'last']);
});

test('another host that writes the same plan meanwhile loses nothing and costs nothing', async () => {
	let intruded = false;
	const { documents } = counted(async (elsewhere) => {
		if (intruded) return;
		intruded = true;
		await changePlan(elsewhere, HOST, withApp('theirs'));
	});
	await Promise.all([changePlan(documents, HOST, withApp('mine')), changePlan(documents, HOST, withApp('too'))]);
	expect(Object.keys((await readPlan(documents, HOST)).apps).sort()).toEqual(['mine', 'theirs', 'too']);
});

test('what changes nothing writes nothing', async () => {
	const { documents, puts } = counted();
	await changePlan(documents, HOST, (plan) => withoutApp(plan, 'unknown'));
	expect(puts()).toBe(0);
});

test('a store that fails is told to everybody who waited, and the next change is tried again', async () => {
	let down = true;
	const { documents } = counted(async () => {
		if (down) throw new CoveyError('STORE_UNAVAILABLE', 'No leader.');
	});
	const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => changePlan(documents, HOST, withApp(name))));
	expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
	down = false;
	await changePlan(documents, HOST, withApp('d'));
	expect(Object.keys((await readPlan(documents, HOST)).apps)).toEqual(['d']);
});
