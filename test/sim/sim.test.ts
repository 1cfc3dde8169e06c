// The simulator itself: it repeats exactly, it really is hostile, and what once failed stays well.
import { expect, test } from 'vitest';
import { KEPT_SEEDS } from './kept-seeds.ts';
import { expectClean } from './seed-batches.ts';
import { simulate } from './simulate.ts';

test('the same seed gives the same trace, another seed another one', async () => {
	for (const seed of [1, 7, 42, 99]) {
		const [once, again, other] = [await simulate(seed), await simulate(seed, { keepTrace: true }), await simulate(seed + 1)];
		expect(again.hash).toBe(once.hash);
		expect(again.events).toBe(once.events);
		expect(other.hash).not.toBe(once.hash);
	}
});

test('runs are long and rich: every sort of event that the invariants speak of happens', async () => {
	const total: Record<string, number> = {};
	for (let seed = 1; seed <= 60; seed++) {
		const { counts, events } = await simulate(seed);
		for (const [what, number] of Object.entries({ ...counts, events })) total[what] = (total[what] ?? 0) + number;
	}
	for (const what of ['adopted', 'handedOver', 'commitDoubt', 'staleDropped', 'lostOwnership', 'rejected'])
		expect(total[what], what).toBeGreaterThan(5);
	expect(total.commits).toBeGreaterThan(60 * 20);
	expect(total.events).toBeGreaterThan(60 * 1_000);
});

test.each(KEPT_SEEDS)('seed $seed stays well: $found', async ({ seed }) => {
	expectClean(await simulate(seed));
});
