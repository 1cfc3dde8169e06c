import { expect, test } from 'vitest';
import { patience } from '../../nats/connection-options.ts';

test('one that is refused tries fast at first and slowly then, and fast again after it was connected', () => {
	let now = 0;
	const wait = patience(
		() => now,
		() => 0,
	);
	const waits: number[] = [];
	for (; now < 12_000; now += 500) waits.push(wait());
	expect(waits.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 100));
	expect(waits.slice(20)).toEqual(Array.from({ length: 4 }, () => 1_000));
	now += 60_000;
	expect(wait()).toBe(100);
});
