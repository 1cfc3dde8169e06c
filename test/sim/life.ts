// One life of one host's process. Whatever reaches it goes through `enter`: a frozen life holds it until it wakes
// (so that timers and answers come late, all at once), a dead one never sees it.
import type { World } from './world.ts';

export interface Life {
	readonly host: string;
	readonly incarnation: number;
	state(): 'up' | 'frozen' | 'dead';
	enter(fn: () => void): void;
	freeze(): void;
	wake(): void;
	die(): void;
	/** Added to true time, ms: this host's wall clock. Shared by all lives of a host. */
	wall(): number;
}

export function newLife(world: World, host: string, incarnation: number, skew: () => number): Life {
	let state: 'up' | 'frozen' | 'dead' = 'up';
	let held: (() => void)[] = [];
	return {
		host,
		incarnation,
		state: () => state,
		enter(fn) {
			if (state === 'dead') return;
			if (state === 'frozen') {
				held.push(fn);
				return;
			}
			world.stir();
			fn();
		},
		freeze() {
			if (state === 'up') state = 'frozen';
		},
		wake() {
			if (state !== 'frozen') return;
			state = 'up';
			const late = held;
			held = [];
			// Each in a turn of its own, as an event loop would.
			late.forEach((fn, index) => void world.after(index * 0.01, () => this.enter(fn)));
		},
		die() {
			state = 'dead';
			held = [];
		},
		wall: () => Math.floor(world.now() + skew()),
	};
}

/** `host#incarnation` */
export const lifeText = (life: { host: string; incarnation: number }): string => `${life.host}#${life.incarnation}`;
