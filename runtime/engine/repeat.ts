// Looking again and again, one round after the other.
import type { Cancel, Clock } from './ports.ts';

export interface Rounds {
	/** The next round begins now, or right after the one that goes on. */
	soon(): void;
	/** No round begins any more; what the present one fails at is not told, since it may fail because of the end. */
	stop(): void;
	stopped(): boolean;
}

export interface RoundsWish {
	clock: Pick<Clock, 'after'>;
	/** ms from the end of a round to the next; a function is asked after each round. */
	everyMs: number | (() => number);
	/** ms to the first round, by default as to any other. With 0, too, it begins after `repeat` has returned. */
	firstMs?: number;
	look(): unknown;
	/** Why a round failed; the next comes as if it had not. */
	onFailure(thrown: unknown): void;
}

export function repeat({ clock, everyMs, firstMs, look, onFailure }: RoundsWish): Rounds {
	const pause = () => (typeof everyMs === 'number' ? everyMs : everyMs());
	let isLooking = false;
	let isWanted = false;
	let stopped = false;
	let next: Cancel = plan(firstMs ?? pause());

	function plan(ms: number): Cancel {
		return clock.after(ms, () => void round());
	}

	async function round(): Promise<void> {
		isLooking = true;
		isWanted = false;
		try {
			await look();
		} catch (thrown) {
			if (!stopped) onFailure(thrown);
		}
		isLooking = false;
		if (!stopped) next = plan(isWanted ? 0 : pause());
	}

	return {
		soon() {
			isWanted = true;
			if (stopped || isLooking) return;
			next();
			next = plan(0);
		},
		stop() {
			stopped = true;
			next();
		},
		stopped: () => stopped,
	};
}
