// Waits for something to become true, by looking; a failure tells what was seen last.
import { setTimeout as pause } from 'node:timers/promises';

/** Resolves with the first truthy result. Rejects after `limitMs` with what `look` said or threw last. */
export async function eventually<T>(
	what: string,
	look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
	limitMs = 60_000,
): Promise<T> {
	const deadline = performance.now() + limitMs;
	let last: unknown;
	for (;;) {
		try {
			const seen = await look();
			if (seen) return seen;
			last = seen;
		} catch (thrown) {
			last = thrown instanceof Error ? thrown.message : thrown;
		}
		if (performance.now() > deadline)
			throw new Error(`${what}: not within ${limitMs / 1000} s; last seen: ${JSON.stringify(last)}`);
		await pause(50);
	}
}
