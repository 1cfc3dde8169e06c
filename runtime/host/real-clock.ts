// The clock of a real host: wall time for deadlines, monotonic time for waits, and a watch on both.
import { performance } from 'node:perf_hooks';
import type { Cancel, Clock } from '../engine/ports.ts';

/** setTimeout takes 31 bits; more would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;
/** Nothing that must happen before the process ends waits longer: such a timer does not keep it alive. */
const KEEPS_ALIVE_MS = 60_000;
const TICK_MS = 500;

export interface Gap {
	/** `frozen`: no callback ran. `suspended`: the machine slept, or its clock was set forward. `setBack`: the wall clock was. */
	kind: 'frozen' | 'suspended' | 'setBack';
	ms: number;
}

export interface RealClock extends Clock {
	/** Tells each gap longer than `overMs` soon after it. */
	onGap(overMs: number, listener: (gap: Gap) => void): Cancel;
}

export const realClock: RealClock = { now: Date.now, after, onGap };

function after(ms: number, fn: () => void): Cancel {
	let timer: NodeJS.Timeout;
	const due = performance.now() + ms;
	const arm = (): void => {
		const left = Math.max(0, due - performance.now());
		timer = left > LONGEST_MS ? setTimeout(arm, LONGEST_MS) : setTimeout(fn, left);
		if (left > KEEPS_ALIVE_MS) timer.unref();
	};
	arm();
	return () => clearTimeout(timer);
}

function onGap(overMs: number, listener: (gap: Gap) => void): Cancel {
	let last = { wall: Date.now(), monotonic: performance.now() };
	const timer = setInterval(() => {
		const now = { wall: Date.now(), monotonic: performance.now() };
		const gap = judgeTick(last, now, TICK_MS, overMs);
		last = now;
		if (gap) listener(gap);
	}, TICK_MS).unref();
	return () => clearInterval(timer);
}

interface Reading {
	wall: number;
	monotonic: number;
}

/** Linux stops the monotonic clock in suspend: then only the wall clock shows that time has passed. */
export function judgeTick(last: Reading, now: Reading, everyMs: number, overMs: number): Gap | null {
	const late = now.monotonic - last.monotonic - everyMs;
	const jump = now.wall - last.wall - (now.monotonic - last.monotonic);
	if (jump < -overMs) return { kind: 'setBack', ms: -jump };
	if (jump > overMs) return { kind: 'suspended', ms: jump };
	return late > overMs ? { kind: 'frozen', ms: late } : null;
}
