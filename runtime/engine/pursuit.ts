// The wish to have an effect done, as long as the record has it.
import type { Clock } from './ports.ts';

export interface Pursuit {
	ended(): boolean;
	end(): void;
	/** Resolves after `ms`, or at once when it ends. */
	wait(ms: number): Promise<void>;
}

export function newPursuit(clock: Clock): Pursuit {
	let over = false;
	let wake: () => void = () => {};
	return {
		ended: () => over,
		end: () => {
			over = true;
			wake();
		},
		wait: (ms) =>
			new Promise((resolve) => {
				if (over) return resolve();
				const cancel = clock.after(ms, resolve);
				wake = () => {
					cancel();
					resolve();
				};
			}),
	};
}
