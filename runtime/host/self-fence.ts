// Whether this host may start things (V7): only while it knows that it is part of the cluster. The proof is a commit of the
// store, which a majority has taken; hearing neighbours proves nothing, they may be cut off together with it.
//
// After a time without proof the fence closes: what runs goes on, nothing is started. It opens again only when the store commits
// and the host has done what the cluster decided meanwhile.
import type { Clock } from '../engine/ports.ts';

/** Longer than the election of a leader, which stops commits for up to 9 s; much shorter than anybody waits before placing an app elsewhere. */
export const LOST_AFTER_MS = 20_000;

export interface SelfFenceParts {
	clock: Clock;
	/** The store is back after `since`, ms: obey its decisions. While this is under way, and when it rejects, nothing is started. */
	onReturn(since: number): Promise<void>;
}

export interface SelfFence {
	/** Tell each write that the store committed. */
	committed(): void;
	mayStart(): boolean;
	/** When the store last committed something of this host, if that is too long ago, ms; else null. */
	lostSince(): number | null;
}

export function createSelfFence({ clock, onReturn }: SelfFenceParts): SelfFence {
	let provenAt = clock.now();
	let returning = false;

	/** A clock set back makes the past look like the future: no proof of anything. */
	const isProven = () => clock.now() >= provenAt && clock.now() - provenAt <= LOST_AFTER_MS;

	return {
		committed() {
			if (returning) return;
			if (isProven()) {
				provenAt = clock.now();
				return;
			}
			returning = true;
			const done = (proven: boolean) => {
				returning = false;
				if (proven) provenAt = clock.now();
			};
			onReturn(provenAt).then(
				() => done(true),
				() => done(false),
			);
		},
		mayStart: isProven,
		lostSince: () => (isProven() ? null : Math.min(provenAt, clock.now())),
	};
}
