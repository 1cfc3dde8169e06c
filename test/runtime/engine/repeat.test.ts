import { expect, test } from 'vitest';
import { type RoundsWish, repeat } from '../../../runtime/engine/repeat.ts';
import { manualClock, settled } from '../host/manual-clock.ts';

/** Rounds that end when the test says. */
function world(wish: Partial<RoundsWish> = {}) {
	const clock = manualClock();
	const begun: number[] = [];
	const failures: unknown[] = [];
	const ends: { resolve(): void; reject(thrown: unknown): void }[] = [];
	const rounds = repeat({
		clock,
		everyMs: 10,
		look() {
			begun.push(clock.now());
			const { promise, resolve, reject } = Promise.withResolvers<void>();
			ends.push({ resolve, reject });
			return promise;
		},
		onFailure: (thrown) => void failures.push(thrown),
		...wish,
	});
	return { clock, start: clock.now(), begun, failures, rounds, end: () => ends.shift() };
}

test('a round begins the interval after the one before has ended, however long that took', async () => {
	const { clock, start, begun, end } = world({ firstMs: 1 });
	await clock.advance(100);
	expect(begun).toEqual([start + 1]);
	end()?.resolve();
	await clock.advance(10);
	expect(begun).toEqual([start + 1, start + 110]);
});

test('a failure is told, and the next round comes', async () => {
	const { clock, begun, failures, end } = world();
	await clock.advance(10);
	end()?.reject('no leader');
	await clock.advance(10);
	expect(failures).toEqual(['no leader']);
	expect(begun).toHaveLength(2);
});

test('what throws at once fails as what rejects', async () => {
	const failures: unknown[] = [];
	const thrower = () => {
		throw 'at once';
	};
	const { clock } = world({ look: thrower, onFailure: (thrown) => void failures.push(thrown) });
	await clock.advance(20);
	expect(failures).toEqual(['at once', 'at once']);
});

test('the interval is asked for after each round', async () => {
	let wait = 10;
	const { clock, begun, end } = world({ everyMs: () => wait });
	await clock.advance(10);
	wait = 1_000;
	end()?.resolve();
	await clock.advance(999);
	expect(begun).toHaveLength(1);
	await clock.advance(1);
	expect(begun).toHaveLength(2);
});

test('soon: at once where none goes on, else one more right after it, however often it is asked', async () => {
	const { clock, begun, rounds, end } = world({ everyMs: 1_000 });
	rounds.soon();
	rounds.soon();
	await clock.advance(0);
	expect(begun).toHaveLength(1);
	rounds.soon();
	rounds.soon();
	await clock.advance(500);
	expect(begun).toHaveLength(1);
	end()?.resolve();
	await clock.advance(0);
	expect(begun).toHaveLength(2);
	end()?.resolve();
	await clock.advance(999);
	expect(begun).toHaveLength(2);
});

test('the end is at once and for good: before the first round, between two, and in the middle of one that fails because of it', async () => {
	const early = world();
	early.rounds.stop();
	early.rounds.soon();
	await early.clock.advance(1_000);
	expect(early.begun).toEqual([]);

	const between = world();
	await between.clock.advance(10);
	between.end()?.resolve();
	await settled();
	between.rounds.stop();
	await between.clock.advance(1_000);
	expect(between.begun).toHaveLength(1);

	const amid = world();
	await amid.clock.advance(10);
	amid.rounds.soon();
	amid.rounds.stop();
	expect(amid.rounds.stopped()).toBe(true);
	amid.end()?.reject('closed');
	await amid.clock.advance(1_000);
	expect(amid.begun).toHaveLength(1);
	expect(amid.failures).toEqual([]);
});
