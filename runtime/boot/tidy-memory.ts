// V8 collects when memory is asked for, and an idle host asks for little: what its start and an install needed would stay for hours.

const EVERY_MS = 20_000;
/** Less than this is not worth a collection. */
const GROWN_BYTES = 512 * 1024;

/**
 * Nothing where the process was started without `--expose-gc`. Each collection stops the host for 10-30 ms; a `thorough` one gives
 * back the pages that V8 keeps for later, too, and is for small heaps: it collects several times.
 */
export function tidyMemory(how: 'quick' | 'thorough'): { stop(): void } {
	let after = 0;
	const timer = setInterval(() => {
		if (!globalThis.gc || process.memoryUsage().heapUsed - after < GROWN_BYTES) return;
		if (how === 'quick') globalThis.gc();
		else for (let round = 0; round < 3; round++) globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
		after = process.memoryUsage().heapUsed;
	}, EVERY_MS);
	return { stop: () => clearInterval(timer) };
}
