// A host that its cluster forgot while it was away is refused everywhere, and would wait for ever: when it has been cut off for a
// while it asks a member whether it still is one. Only a clear no counts; whoever cannot be reached says nothing.
import type { Clock } from '../engine/ports.ts';

export interface StandingWatchParts {
	clock: Clock;
	/** Since when the store has answered nothing, ms; null while it does. */
	lostSince(): number | null;
	/** Null: nobody answered. */
	ask(): Promise<'member' | 'gone' | null>;
	/** Called once. */
	onGone(): void;
}

const EVERY_MS = 10_000;
/** Elections are over by then. */
const PATIENCE_MS = 15_000;

export function watchStanding({ clock, lostSince, ask, onGone }: StandingWatchParts): { stop(): void } {
	let stopped = false;
	let next = () => {};
	const look = async (): Promise<void> => {
		const since = lostSince();
		const isCutOff = since !== null && clock.now() - since >= PATIENCE_MS;
		const standing = isCutOff ? await ask().catch(() => null) : null;
		if (stopped) return;
		if (standing === 'gone') return onGone();
		next = clock.after(EVERY_MS, () => void look());
	};
	next = clock.after(EVERY_MS, () => void look());
	return {
		stop() {
			stopped = true;
			next();
		},
	};
}
