// V8 collects when memory is asked for, and an idle host asks for none: what only its start needed would stay for hours.

/** After the start is over. Code counts as unused when two collections passed without it; the third gives the last pages back. */
const AFTER_MS = [10_000, 20_000, 30_000];

/** Nothing where the process was started without `--expose-gc`. Each collection stops the host for 10-30 ms. */
export function tidyMemory(): { stop(): void } {
	const timers = AFTER_MS.map((ms) => setTimeout(() => globalThis.gc?.(), ms));
	return {
		stop() {
			for (const timer of timers) clearTimeout(timer);
		},
	};
}
