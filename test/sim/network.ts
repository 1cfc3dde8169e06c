// Messages between hosts, clients and the store: lost, doubled, late, out of order, cut off in one direction or both.
import type { Knobs } from './knobs.ts';
import type { World } from './world.ts';

export const STORE = 'store';
export const CLIENT = 'client';

export interface Network {
	/** Delivers zero, one or two times, each after its own delay. */
	send(from: string, to: string, deliver: () => void): void;
	/** Cuts or restores one direction. */
	cut(from: string, to: string): void;
	mend(from: string, to: string): void;
	open(from: string, to: string): boolean;
	/** Ends all cuts, and from now on loses and doubles nothing. */
	heal(): void;
}

export function network(world: World, knobs: Knobs): Network {
	const rng = world.rng.fork();
	const closed = new Set<string>();
	let healed = false;
	const link = (from: string, to: string) => `${from}>${to}`;
	const delay = () => {
		if (!healed && rng.chance(knobs.tail)) return rng.between(50, knobs.tailMs);
		return 0.2 + rng.around(knobs.latencyMs);
	};
	const deliverLater = (from: string, to: string, deliver: () => void) => {
		world.after(delay(), () => {
			if (!closed.has(link(from, to))) deliver();
		});
	};
	return {
		send(from, to, deliver) {
			if (closed.has(link(from, to))) return;
			if (!healed && rng.chance(knobs.loss)) return;
			deliverLater(from, to, deliver);
			if (!healed && rng.chance(knobs.duplicate)) deliverLater(from, to, deliver);
		},
		cut: (from, to) => void closed.add(link(from, to)),
		mend: (from, to) => void closed.delete(link(from, to)),
		open: (from, to) => !closed.has(link(from, to)),
		heal() {
			healed = true;
			closed.clear();
		},
	};
}
