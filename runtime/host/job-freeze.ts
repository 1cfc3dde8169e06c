// Notices that this process did not run for a while (SIGSTOP, suspend, a stalled disk): others may have acted meanwhile.
import type { Clock } from '../engine/ports.ts';

const TICK_MS = 500;
const FROZEN_MS = 2_000;

export interface FreezeWatch {
	/** Begins to watch, as long as `busy`. */
	arm(): void;
	/** Looks at once: after a freeze any callback may come before the tick. */
	look(): void;
	stop(): void;
}

export function createFreezeWatch(clock: Clock, busy: () => boolean, onFreeze: (forMs: number) => void): FreezeWatch {
	let lookedAt: number | null = null;
	let cancel = () => {};

	function look(): void {
		if (lookedAt === null) return;
		const gap = clock.now() - lookedAt - TICK_MS;
		lookedAt = clock.now();
		if (gap > FROZEN_MS) onFreeze(gap);
	}

	function tick(): void {
		look();
		if (busy()) cancel = clock.after(TICK_MS, tick);
		else lookedAt = null;
	}

	return {
		arm() {
			if (lookedAt !== null) return;
			lookedAt = clock.now();
			cancel = clock.after(TICK_MS, tick);
		},
		look,
		stop() {
			cancel();
			lookedAt = null;
		},
	};
}
