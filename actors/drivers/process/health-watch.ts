// Follows one process's health over time: strict while it starts, patient afterwards.
import type { Health } from './health.ts';

export type Verdict =
	| { type: 'healthy' }
	| { type: 'unhealthy'; reason: string }
	/** Unhealthy for so long that it should be started anew. */
	| { type: 'hopeless'; reason: string };

export interface HealthWatch {
	stop(): void;
}

const START_INTERVAL_MS = 500;
/** An app without a check counts as started once it has run this long. */
const NO_CHECK_MS = 1_000;

export interface WatchOptions {
	health: Health | null;
	probe(): Promise<string | null>;
	hopelessMs: number;
	tell(verdict: Verdict): void;
}

/** Tells each change of the verdict, once. */
export function watchHealth({ health, probe, hopelessMs, tell }: WatchOptions): HealthWatch {
	let stopped = false;
	let state: 'starting' | 'healthy' | 'unhealthy' = 'starting';
	let misses = 0;
	let unhealthySince = 0;
	const startedAt = Date.now();
	const startPeriodMs = health?.startPeriodMs ?? 0;
	let timer = setTimeout(() => void look(), health ? 100 : NO_CHECK_MS);

	async function look(): Promise<void> {
		const reason = health ? await probe() : null;
		if (stopped) return;
		judge(reason, Date.now());
		if (health && !stopped)
			timer = setTimeout(
				() => void look(),
				state === 'starting' ? Math.min(START_INTERVAL_MS, health.intervalMs) : health.intervalMs,
			);
	}

	function judge(reason: string | null, now: number): void {
		if (reason === null) return well();
		misses += 1;
		if (state === 'unhealthy') {
			if (now - unhealthySince >= hopelessMs) tell({ type: 'hopeless', reason });
		} else if (isTooMuch(now)) {
			const words = state === 'starting' ? `not healthy within ${Math.round(startPeriodMs / 1000)} s: ${reason}` : reason;
			state = 'unhealthy';
			unhealthySince = now;
			tell({ type: 'unhealthy', reason: words });
		}
	}

	function well(): void {
		misses = 0;
		if (state === 'healthy') return;
		state = 'healthy';
		tell({ type: 'healthy' });
	}

	const isTooMuch = (now: number): boolean =>
		state === 'starting' ? now - startedAt >= startPeriodMs : misses >= (health?.retries ?? 1);

	return {
		stop: () => {
			stopped = true;
			clearTimeout(timer);
		},
	};
}
