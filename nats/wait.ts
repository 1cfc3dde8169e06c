import { setTimeout as delay } from 'node:timers/promises';

/** Asks `holds` again and again. True as soon as it holds, false when `limitMs` are over. */
export async function waitUntil(holds: () => Promise<boolean> | boolean, limitMs: number, everyMs = 50): Promise<boolean> {
	const deadline = performance.now() + limitMs;
	for (;;) {
		if (await holds()) return true;
		if (performance.now() >= deadline) return false;
		await delay(everyMs);
	}
}

/** Tries `attempt` until it succeeds, waiting `firstMs` to 1 s between; after `limitMs` the last error is thrown. */
export async function retryUntil<T>(
	limitMs: number,
	attempt: (remainingMs: number) => Promise<T>,
	again: (error: unknown) => boolean,
	firstMs = 100,
): Promise<T> {
	const deadline = performance.now() + limitMs;
	for (let wait = firstMs; ; wait = Math.min(wait * 2, 1000)) {
		try {
			return await attempt(Math.max(1, deadline - performance.now()));
		} catch (error) {
			if (!again(error) || performance.now() + wait >= deadline) throw error;
		}
		await delay(wait);
	}
}
