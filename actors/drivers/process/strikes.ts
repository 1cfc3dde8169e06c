// How often an app may end before Covey slows down, gives up for a while, and tries again. Pure.
export interface Timing {
	/** Waits before the 1st, 2nd, … restart in a row, ms; the last one repeats. */
	backoffMs: readonly number[];
	/** So many ends within `windowMs` are a crash loop. */
	crashLimit: number;
	windowMs: number;
	/** So many restarts for want of health, without any health between, are too many. */
	unhealthyLimit: number;
	/** How long an app that was given up rests before the next try, ms. */
	selfHealMs: number;
	/** So much health in a row wipes the slate, ms. */
	settledMs: number;
	/** An app that stays unhealthy this long is restarted, ms. */
	unhealthyRestartMs: number;
	/** How often processes started by an earlier host process are looked at, ms. */
	watchMs: number;
	/** How long a start that is not allowed now waits before it asks again, ms. */
	heldMs: number;
}

export const TIMING: Timing = {
	backoffMs: [1_000, 2_000, 4_000, 8_000, 16_000, 30_000],
	crashLimit: 5,
	windowMs: 120_000,
	unhealthyLimit: 3,
	selfHealMs: 60_000,
	settledMs: 60_000,
	unhealthyRestartMs: 30_000,
	watchMs: 500,
	heldMs: 1_000,
};

export interface Strikes {
	/** When it ended, ms, since it was last well. */
	ends: readonly number[];
	unhealthy: number;
	gaveUp: boolean;
}

export const CLEAN: Strikes = { ends: [], unhealthy: 0, gaveUp: false };

export type Next = { type: 'restart'; afterMs: number } | { type: 'giveUp'; retryAfterMs: number };

export function afterEnd(
	strikes: Strikes,
	at: number,
	cause: 'crash' | 'unhealthy',
	timing: Timing,
): { strikes: Strikes; next: Next } {
	const ends = [...strikes.ends, at].slice(-20);
	const unhealthy = strikes.unhealthy + (cause === 'unhealthy' ? 1 : 0);
	const recent = ends.filter((end) => end > at - timing.windowMs).length;
	const gaveUp = strikes.gaveUp || recent >= timing.crashLimit || unhealthy >= timing.unhealthyLimit;
	const next: Next = gaveUp
		? { type: 'giveUp', retryAfterMs: timing.selfHealMs }
		: { type: 'restart', afterMs: timing.backoffMs[Math.min(ends.length, timing.backoffMs.length) - 1] ?? 0 };
	return { strikes: { ends, unhealthy, gaveUp }, next };
}

export const afterHealth = (strikes: Strikes): Strikes => ({ ...strikes, unhealthy: 0 });
