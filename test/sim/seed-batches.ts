// Seeds as tests: in batches, every second batch in another file, so that two workers share them.
import { expect, test } from 'vitest';
import { type Run, simulate } from './simulate.ts';

const BATCH = 50;
const TIME_LIMIT_MS = 120_000;

/** How many seeds, and from which on: SIM_SEEDS=100000 SIM_FROM=1 for a long run. */
const seeds = Number(process.env.SIM_SEEDS ?? 2_000);
const from = Number(process.env.SIM_FROM ?? 1);

export function testBatches(share: number, shares: number): void {
	for (let batch = share; batch * BATCH < seeds; batch += shares) {
		const first = from + batch * BATCH;
		const last = Math.min(first + BATCH, from + seeds) - 1;
		test(`seeds ${first} to ${last} hold V1 to V6 and end at rest`, { timeout: TIME_LIMIT_MS }, async () => {
			for (let seed = first; seed <= last; seed++) expectClean(await simulate(seed));
		});
	}
}

export function expectClean(run: Run): void {
	const [violation] = run.violations;
	if (!violation) return;
	const { invariant, message } = violation;
	expect.fail(`seed ${run.seed} failed: ${invariant} ${message}; replay with: npm run sim -- --seed ${run.seed} --trace`);
}
