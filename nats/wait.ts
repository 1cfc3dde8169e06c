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

/**
 * How long to wait for one answer, ms, before the question is put again: a host that was just killed was still asked, and never
 * answers, so the first wait is short; a slow host gets its time in the later ones. `tries` counts from 0.
 */
export const patience = (tries: number): number => Math.min(2_000 * 2 ** tries, 8_000);

const SHORTEST_TRY_MS = 100;

/** Tries `attempt` until it succeeds, waiting `firstMs` to 1 s between; after `limitMs` the last error is thrown. */
export async function retryUntil<T>(
	limitMs: number,
	attempt: (remainingMs: number, tries: number) => Promise<T>,
	again: (error: unknown) => boolean,
	firstMs = 100,
): Promise<T> {
	const deadline = performance.now() + limitMs;
	let wait = firstMs;
	for (let tries = 0; ; tries++) {
		try {
			return await attempt(Math.max(1, deadline - performance.now()), tries);
		} catch (error) {
			// What is wrong says the last error, not that there was no time for another answer.
			if (!again(error) || performance.now() + wait + SHORTEST_TRY_MS >= deadline) throw error;
		}
		await delay(wait);
		wait = Math.min(wait * 2, 1000);
	}
}
