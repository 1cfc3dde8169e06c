import { expect, test } from 'vitest';
import { createSelfFence, LOST_AFTER_MS } from '../../../runtime/host/self-fence.ts';
import { manualClock } from './manual-clock.ts';

function fenced() {
	const clock = manualClock();
	const returns: { since: number; obeyed(): void; failed(): void }[] = [];
	const fence = createSelfFence({
		clock,
		onReturn: (since) =>
			new Promise((resolve, reject) => {
				returns.push({ since, obeyed: resolve, failed: () => reject(new Error('no leader')) });
			}),
	});
	return { clock, fence, returns };
}

test('a host starts things as long as the store commits', async () => {
	const { clock, fence, returns } = fenced();
	for (let i = 0; i < 5; i++) {
		await clock.advance(LOST_AFTER_MS);
		expect(fence.mayStart()).toBe(true);
		fence.committed();
	}
	expect(fence.lostSince()).toBeNull();
	expect(returns).toEqual([]);
});

test('a host without proof for its stated time starts nothing, and tells since when', async () => {
	const { clock, fence } = fenced();
	const since = clock.now();
	await clock.advance(LOST_AFTER_MS + 1);
	expect(fence.mayStart()).toBe(false);
	expect(fence.lostSince()).toBe(since);
});

test('back again it starts nothing before it has obeyed what was decided meanwhile', async () => {
	const { clock, fence, returns } = fenced();
	const since = clock.now();
	await clock.advance(LOST_AFTER_MS + 1);
	fence.committed();
	fence.committed();
	expect(returns.map((one) => one.since)).toEqual([since]);
	expect(fence.mayStart()).toBe(false);
	returns[0]?.obeyed();
	await clock.advance(1);
	expect(fence.mayStart()).toBe(true);
});

test('a return that is cut short begins anew with the next commit', async () => {
	const { clock, fence, returns } = fenced();
	await clock.advance(LOST_AFTER_MS + 1);
	fence.committed();
	returns[0]?.failed();
	await clock.advance(1);
	expect(fence.mayStart()).toBe(false);
	fence.committed();
	returns[1]?.obeyed();
	await clock.advance(1);
	expect(fence.mayStart()).toBe(true);
});

test('a host that was frozen does not start things on what it knew before', () => {
	const { clock, fence } = fenced();
	clock.freeze(LOST_AFTER_MS + 1);
	expect(fence.mayStart()).toBe(false);
});

test('a clock set back proves nothing', () => {
	const { clock, fence } = fenced();
	clock.freeze(-60_000);
	expect(fence.mayStart()).toBe(false);
});
