// A clock that moves only when told, one due callback after the other.
import type { Clock } from '../../../runtime/engine/ports.ts';

export interface ManualClock extends Clock {
	/** Runs everything that is due within `ms`, each at its own time, with all promises settled in between. */
	advance(ms: number): Promise<void>;
	/** The wall clock goes on, no callback runs: what a stopped process sees when it wakes up. */
	freeze(ms: number): void;
}

export function manualClock(start = 1_700_000_000_000): ManualClock {
	let now = start;
	const timers = new Set<{ at: number; fn: () => void }>();
	const next = (until: number) => [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
	return {
		now: () => now,
		after(ms, fn) {
			const timer = { at: now + Math.max(0, ms), fn };
			timers.add(timer);
			return () => timers.delete(timer);
		},
		async advance(ms) {
			const end = now + ms;
			await settled();
			for (let timer = next(end); timer; timer = next(end)) {
				timers.delete(timer);
				now = Math.max(now, timer.at);
				timer.fn();
				await settled();
			}
			now = end;
		},
		freeze(ms) {
			now += ms;
		},
	};
}

export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
