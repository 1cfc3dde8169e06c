// Whether this host may start things (V7): only while it knows that it is part of the cluster.
import type { Clock } from '../engine/ports.ts';

const LIMIT_MS = 5_000;

export interface Contact {
	/** Last successful commit or leader read, ms; null for never. */
	storeAt: number | null;
	/** Another host is heard now. */
	inTouch: boolean;
}

export function mayStart({ storeAt, inTouch }: Contact, now: number): boolean {
	if (inTouch) return true;
	// A clock set back makes the past look like the future: no proof of anything.
	return storeAt !== null && now >= storeAt && now - storeAt <= LIMIT_MS;
}

export interface SelfFence {
	/** Tell each successful commit and leader read. */
	storeAnswered(): void;
	mayStart(): boolean;
	/** When the store last answered, ms. */
	storeAt(): number | null;
}

export function createSelfFence(clock: Clock, inTouch: () => boolean): SelfFence {
	let storeAt: number | null = null;
	return {
		storeAnswered() {
			storeAt = clock.now();
		},
		mayStart: () => mayStart({ storeAt, inTouch: inTouch() }, clock.now()),
		storeAt: () => storeAt,
	};
}
