// One piece of work for everybody who asked before it began; who asks later gets the next one.
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { Reporter } from './driver.ts';

export interface SharedRun<T> {
	/** Rejects with CANCELLED when this one's signal is aborted; the work itself is aborted when nobody waits any more. */
	join(report: Reporter, signal: AbortSignal): Promise<T>;
}

interface Run<T> {
	waiters: Set<Reporter>;
	abort: AbortController;
	result: Promise<T>;
}

/** `work` calls `begin` when it begins to look at the world: from then on nobody can join this run. */
export function sharedRuns<T>(work: (report: Reporter, begin: () => void) => Promise<T>): SharedRun<T> {
	let open: Run<T> | null = null;

	function newRun(): Run<T> {
		const waiters = new Set<Reporter>();
		const abort = new AbortController();
		const report: Reporter = {
			signal: abort.signal,
			progress: (progress) => {
				for (const waiter of waiters) waiter.progress(progress);
			},
			note: (note) => {
				for (const waiter of waiters) waiter.note(note);
			},
		};
		const close = () => {
			if (open?.abort === abort) open = null;
		};
		const result = work(report, close).finally(close);
		// Each waiter hears of a failure through its own promise; with no waiter left nobody needs to.
		result.catch(() => undefined);
		return { waiters, abort, result };
	}

	return {
		join: (report, signal) => {
			if (signal.aborted) return Promise.reject(cancelled());
			open ??= newRun();
			const run = open;
			// Two waiters may share one reporter: each has its own place.
			const waiter: Reporter = {
				...report,
				progress: (progress) => report.progress(progress),
				note: (note) => report.note(note),
			};
			run.waiters.add(waiter);
			return new Promise<T>((resolve, reject) => {
				const leave = () => {
					run.waiters.delete(waiter);
					signal.removeEventListener('abort', onAbort);
				};
				const onAbort = () => {
					leave();
					reject(cancelled());
					if (run.waiters.size > 0) return;
					if (open === run) open = null;
					run.abort.abort();
				};
				signal.addEventListener('abort', onAbort, { once: true });
				run.result.then(
					(value) => {
						leave();
						resolve(value);
					},
					(error: unknown) => {
						leave();
						reject(error);
					},
				);
			});
		},
	};
}

const cancelled = () => new CoveyError('CANCELLED', 'It was cancelled while it waited for the host.');
