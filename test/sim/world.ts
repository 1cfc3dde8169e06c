// Virtual time: one queue of events, one seed. After each event that entered real code, all promises settle
// before the next event, so that a run depends on its seed only.

import { queue } from './queue.ts';
import { type Random, random } from './random.ts';

export interface World {
	/** True time, ms. No host sees it: hosts have skewed clocks. */
	now(): number;
	rng: Random;
	/** Runs `fn` in `ms`; returns what calls it off. */
	after(ms: number, fn: () => void): () => void;
	/** Says that promises may have been set going: they settle before the next event. */
	stir(): void;
	/** One line of the trace: hashed always, kept when asked. */
	trace(who: string, what: string, detail?: string | number): void;
	/** Runs until `until` (true time) or until nothing is left; stops early once `over` says so. */
	run(until: number, over: () => boolean): Promise<void>;
	/** Lets promises settle outside an event. */
	settle(): Promise<void>;
	events(): number;
	/** Same seed, same hash. */
	hash(): string;
	lines: string[];
}

/** True time begins here: any date will do, as long as it is always the same. */
export const EPOCH = 1_700_000_000_000;

export function world(seed: number, options: { keepTrace: boolean }): World {
	const events = queue();
	const lines: string[] = [];
	let now = EPOCH;
	let count = 0;
	let stirred = false;
	let hash = 0x811c9dc5;
	const mix = (text: string) => {
		for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
	};
	return {
		now: () => now,
		rng: random(seed),
		after(ms, fn) {
			const entry = events.put(now + Math.max(0, ms), fn);
			return () => {
				entry.run = null;
			};
		},
		stir() {
			stirred = true;
		},
		trace(who, what, detail = '') {
			mix(`${now}${who}${what}${detail}`);
			if (options.keepTrace)
				lines.push(`${((now - EPOCH) / 1000).toFixed(4).padStart(9)}  ${who.padEnd(10)} ${what.padEnd(10)} ${detail}`);
		},
		async run(until, over) {
			while (!over()) {
				const entry = events.take();
				if (!entry) return;
				if (entry.at > until) {
					now = until;
					if (entry.run) events.put(entry.at, entry.run);
					return;
				}
				if (!entry.run) continue;
				now = entry.at;
				count++;
				entry.run();
				if (!stirred) continue;
				stirred = false;
				await settle();
			}
		},
		settle,
		events: () => count,
		hash: () => (hash >>> 0).toString(16).padStart(8, '0'),
		lines,
	};
}

/** All microtasks, however many follow from each other, run before an immediate. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
