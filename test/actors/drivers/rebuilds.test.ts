// Builds of a host are shared and never overlap (FEATURES I4), tried with a driver whose builds end when the test says.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BuildOutcome, Generation, Reporter } from '../../../actors/drivers/driver.ts';
import { emptyPlan, type HostPlan } from '../../../actors/drivers/plan.ts';
import { rebuilds } from '../../../actors/drivers/rebuilds.ts';
import { CoveyError, type WireError } from '../../../runtime/engine/errors.ts';
import { eventually } from '../../helpers/eventually.ts';
import { reporter } from './fixture.ts';

interface Running {
	plan: HostPlan;
	report: Reporter;
	finish(failed?: Record<string, WireError>): void;
	fail(error: Error): void;
}

function bench() {
	const running: Running[] = [];
	const log: string[] = [];
	let busy = 0;
	let revision = 0;
	let built = 0;
	const exclusive = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
		busy += 1;
		expect(busy, 'nothing overlaps').toBe(1);
		log.push(what);
		try {
			return await work();
		} finally {
			busy -= 1;
		}
	};
	const generations: Generation[] = [];
	const lane = rebuilds({
		readPlan: async () => ({ ...emptyPlan('alder'), revision }),
		driver: {
			generations: async () => generations,
			build: (plan, report) =>
				exclusive(
					`build ${plan.revision}`,
					() =>
						new Promise<BuildOutcome>((resolve, reject) => {
							report.signal.addEventListener('abort', () => reject(new CoveyError('CANCELLED', 'aborted')));
							running.push({
								plan,
								report,
								finish: (failed = {}) => {
									built += 1;
									const generation = { number: built, digest: String(plan.revision), builtAt: 0, instances: [] };
									generations.push(generation);
									resolve({ generation, failed });
								},
								fail: reject,
							});
						}),
				),
			activate: (generation, plan) => exclusive(`activate ${generation.number} with ${plan.revision}`, () => Promise.resolve()),
		},
	});
	return {
		lane,
		log,
		change: () => ++revision,
		next: () => eventually('a build begins', () => running.shift()),
		idle: () => running.length === 0,
	};
}

const never = new AbortController().signal;
const failure: WireError = { code: 'BUILD_FAILED', message: 'no luck', next: '' };

test('twenty requests at once make one build, and twenty more during it make one more', async () => {
	const { lane, next } = bench();
	const ask = () => Array.from({ length: 20 }, (_, index) => lane.request(`app-${index}`, reporter(), never));
	const first = ask();
	const one = await next();
	const second = ask();
	one.finish();
	(await next()).finish();
	expect(new Set((await Promise.all(first)).map(({ number }) => number))).toEqual(new Set([1]));
	expect(new Set((await Promise.all(second)).map(({ number }) => number))).toEqual(new Set([2]));
	expect(lane.counts.builds).toBe(2);
});

test('a request is served by a build that read the plan after it, whatever the order of requests, changes and ends', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.constantFrom('request', 'finish', 'tick'), { maxLength: 40 }), async (steps) => {
			const { lane, change, next, idle } = bench();
			const waiting: Promise<void>[] = [];
			const ask = () => {
				const wanted = change();
				waiting.push(
					lane
						.request(`app-${wanted}`, reporter(), never)
						.then(({ digest }) => expect(Number(digest)).toBeGreaterThanOrEqual(wanted)),
				);
			};
			for (const step of steps) {
				if (step === 'request') ask();
				else if (step === 'finish' && !idle()) (await next()).finish();
				else await Promise.resolve();
			}
			let done = false;
			const all = Promise.all(waiting).finally(() => {
				done = true;
			});
			while (!done) {
				if (!idle()) (await next()).finish();
				else await new Promise((resolve) => setImmediate(resolve));
			}
			await all;
			expect(lane.counts.builds).toBeLessThanOrEqual(waiting.length);
		}),
		{ numRuns: 200 },
	);
});

test('a failed instance rejects only those who asked for it; a failed build rejects everybody who shared it', async () => {
	const { lane, next } = bench();
	const good = lane.request('good', reporter(), never);
	const bad = lane.request('bad', reporter(), never);
	(await next()).finish({ bad: failure, other: failure });
	await expect(bad).rejects.toMatchObject({ code: 'BUILD_FAILED', message: 'no luck' });
	expect((await good).number).toBe(1);
	const both = [lane.request('a', reporter(), never), lane.request('b', reporter(), never)];
	(await next()).fail(new CoveyError('DISK_FULL', 'full'));
	for (const each of both) await expect(each).rejects.toMatchObject({ code: 'DISK_FULL' });
	const after = lane.request('a', reporter(), never);
	(await next()).finish();
	expect((await after).number).toBe(2);
});

test('one who gives up is let go at once, the build goes on for the others, and is aborted when nobody is left', async () => {
	const { lane, next } = bench();
	const [one, two] = [new AbortController(), new AbortController()];
	const first = lane.request('a', reporter(), one.signal);
	const second = lane.request('b', reporter(), two.signal);
	const build = await next();
	one.abort();
	await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
	expect(build.report.signal.aborted).toBe(false);
	two.abort();
	await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
	expect(build.report.signal.aborted).toBe(true);
	const third = lane.request('c', reporter(), never);
	(await next()).finish();
	expect((await third).number).toBe(1);
});

test('a build nobody waits for any more when its turn comes is not begun', async () => {
	const { lane, next } = bench();
	const first = lane.request('a', reporter(), never);
	const build = await next();
	const cancel = new AbortController();
	const second = lane.request('b', reporter(), cancel.signal);
	cancel.abort();
	await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
	const third = lane.request('c', reporter(), never);
	build.finish();
	(await next()).finish();
	await Promise.all([first, third]);
	expect(lane.counts.builds).toBe(2);
});

test('everybody who waits hears the progress', async () => {
	const { lane, next } = bench();
	const [one, two] = [reporter(), reporter()];
	const both = [lane.request('a', one, never), lane.request('b', two, never)];
	const build = await next();
	build.report.progress({ step: 'installing' });
	build.report.note({ kind: 'run', text: 'npm install' });
	build.finish();
	await Promise.all(both);
	expect([one.steps, two.steps, one.notes, two.notes]).toEqual([
		['installing'],
		['installing'],
		['npm install'],
		['npm install'],
	]);
});

test('activations share the lane with builds, are shared among themselves, and use the newest generation with the plan of now', async () => {
	const { lane, next, log, change } = bench();
	const built = lane.request('a', reporter(), never);
	(await next()).finish();
	await built;
	change();
	const rebuilt = lane.request('a', reporter(), never);
	const build = await next();
	const activations = Array.from({ length: 10 }, () => lane.activate('a', reporter(), never));
	change();
	build.finish();
	await rebuilt;
	expect((await Promise.all(activations)).map(({ number }) => number)).toEqual(Array(10).fill(2));
	expect(log).toEqual(['build 0', 'build 1', 'activate 2 with 2']);
});

test('to settle is to build and to activate what the plan says now', async () => {
	const { lane, next, log } = bench();
	const settled = lane.settle(reporter(), never);
	(await next()).finish();
	expect((await settled).number).toBe(1);
	expect(log).toEqual(['build 0', 'activate 1 with 0']);
});

test('activating before anything was built says so', async () => {
	await expect(bench().lane.activate('a', reporter(), never)).rejects.toMatchObject({ code: 'BUILD_FAILED' });
});

test('a build waits for installs on their way to this host, and for no promise that is old', async () => {
	const reserved = (at: number) => ({ late: { app: 'notes', memoryBytes: 1, diskBytes: 1, ports: {}, at } });
	const builtFrom = async (plans: HostPlan[]): Promise<number> => {
		let reads = 0;
		const generation = { number: 1, digest: '', builtAt: 0, instances: [] };
		const lane = rebuilds({
			readPlan: async () => plans[Math.min(reads++, plans.length - 1)] as HostPlan,
			driver: {
				generations: async () => [],
				build: async ({ revision }) => ({ generation: { ...generation, number: revision }, failed: {} }),
				activate: async () => {},
			},
		});
		return (await lane.request('early', reporter(), new AbortController().signal)).number;
	};
	const before = { ...emptyPlan('alder'), revision: 1 };
	const after = { ...emptyPlan('alder'), revision: 2 };
	expect(await builtFrom([{ ...before, reserved: reserved(Date.now()) }, after])).toBe(2);
	const begun = performance.now();
	expect(await builtFrom([{ ...before, reserved: reserved(Date.now() - 60_000) }])).toBe(1);
	expect(performance.now() - begun).toBeLessThan(1_000);
});
