// Waiting on the clock port: nothing here outlives its signal.
import type { Clock } from '../engine/ports.ts';

/** Resolves after `ms`, or at once when the signal is aborted. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) return resolve();
		const wake = () => {
			cancel();
			signal.removeEventListener('abort', wake);
			resolve();
		};
		const cancel = clock.after(Math.max(0, ms), wake);
		signal.addEventListener('abort', wake);
	});
}

export type InTime<T> = { status: 'ok'; value: T } | { status: 'failed'; error: unknown } | { status: 'late' };

/** How `work` ended within `ms`. Its later end is ignored. */
export function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<InTime<T>> {
	return new Promise((resolve) => {
		const cancel = clock.after(ms, () => resolve({ status: 'late' }));
		work.then(
			(value) => {
				cancel();
				resolve({ status: 'ok', value });
			},
			(error: unknown) => {
				cancel();
				resolve({ status: 'failed', error });
			},
		);
	});
}
