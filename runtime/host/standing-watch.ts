// A host that its cluster forgot while it was away is refused everywhere, and would wait for ever: when it has been cut off for a
// while it asks a member whether it still is one. Only a clear no counts; whoever cannot be reached says nothing.
import type { Clock } from '../engine/ports.ts';
import { repeat } from '../engine/repeat.ts';

export interface StandingWatchParts {
	clock: Clock;
	/** Since when the store has answered nothing, ms; null while it does. */
	lostSince(): number | null;
	/** Null: nobody answered. */
	ask(): Promise<'member' | 'gone' | null>;
	/** Called once; again where it throws. */
	onGone(): void;
	onFailure(thrown: unknown): void;
}

const EVERY_MS = 10_000;
/** Elections are over by then. */
const PATIENCE_MS = 15_000;

export function watchStanding({ clock, lostSince, ask, onGone, onFailure }: StandingWatchParts): { stop(): void } {
	const rounds = repeat({
		clock,
		everyMs: EVERY_MS,
		onFailure,
		async look() {
			const since = lostSince();
			if (since === null || clock.now() - since < PATIENCE_MS) return;
			if ((await ask()) !== 'gone' || rounds.stopped()) return;
			onGone();
			rounds.stop();
		},
	});
	return rounds;
}
