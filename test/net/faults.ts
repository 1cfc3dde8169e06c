// A random course of faults, drawn from a seed: the same seed gives the same course. Pure.
import { LOST_AFTER_MS } from '../../runtime/host/self-fence.ts';
import { random } from '../sim/random.ts';
import type { What } from './cluster.ts';

export type Fault =
	/** The cable of one host is out. */
	| { type: 'off'; host: string }
	| { type: 'split'; groups: string[][] }
	/** `host` is heard by none of `deaf`, and hears them. */
	| { type: 'oneWay'; host: string; deaf: string[] }
	| { type: 'slow'; delayMs: number; loss: number }
	/** Cut off and back, in turns of `everyMs`. */
	| { type: 'flap'; host: string; everyMs: number }
	| { type: 'freeze'; host: string; what: What }
	| { type: 'kill'; host: string; what: What }
	| { type: 'killAll' }
	/** Its clock jumps, and jumps back when the fault is over. */
	| { type: 'clock'; host: string; offsetMs: number };

/** The fault lasts `forMs`; the next begins `restMs` after it was mended. */
export type Planned = Fault & { forMs: number; restMs: number };

export interface CourseWishes {
	hosts: readonly string[];
	faults: number;
	clocks: boolean;
}

/** Shorter ones have no time for faults that last half a minute. */
const LONG_COURSE = 20;

/** Each way to fail as often as its weight says; every kind at least once when there are enough faults. */
export function courseOf(seed: number, { hosts, faults, clocks }: CourseWishes): Planned[] {
	const chance = random(seed);
	const draws: [number, () => Fault & { forMs: number }][] = [
		[3, () => ({ type: 'off', host: chance.pick(hosts), forMs: chance.between(1_000, 8_000) })],
		[4, () => ({ type: 'split', groups: groupsOf(shuffled()), forMs: chance.between(1_000, 8_000) })],
		[3, () => oneWay()],
		[2, () => ({ type: 'slow', delayMs: 200, loss: 0.05, forMs: chance.between(3_000, 8_000) })],
		[1, () => flap()],
		[3, () => ({ type: 'freeze', host: chance.pick(hosts), what: what(), forMs: chance.between(500, 6_000) })],
		[3, () => ({ type: 'kill', host: chance.pick(hosts), what: what(), forMs: chance.between(100, 4_000) })],
		[1, () => ({ type: 'killAll', forMs: chance.between(100, 1_000) })],
		...(faults >= LONG_COURSE ? [[1, () => lost()] as [number, () => Fault & { forMs: number }]] : []),
		...(clocks ? [[2, () => clock()] as [number, () => Fault & { forMs: number }]] : []),
	];
	const what = () => chance.pick(['host', 'nats', 'both'] as const);
	const bag = shuffle(Array.from({ length: faults }, (_, index) => (index < draws.length ? index : weighted())));
	return bag.map((index) => ({
		...(draws[index] as (typeof draws)[0])[1](),
		restMs: chance.chance(0.3) ? chance.between(2_000, 6_000) : chance.between(0, 1_500),
	}));

	function oneWay(): Fault & { forMs: number } {
		const host = chance.pick(hosts);
		const others = hosts.filter((one) => one !== host);
		const deaf = chance.chance(0.5) ? others : [chance.pick(others)];
		return { type: 'oneWay', host, deaf, forMs: chance.between(2_000, 8_000) };
	}

	/** So long that whoever is alone stops being sure of anything. */
	function lost(): Fault & { forMs: number } {
		return { type: 'off', host: chance.pick(hosts), forMs: chance.between(1.1, 1.6) * LOST_AFTER_MS };
	}

	/** Three times out and in, quickly or every 3 s. */
	function flap(): Fault & { forMs: number } {
		const everyMs = chance.chance(0.5) ? 3_000 : Math.round(chance.between(300, 1_500));
		return { type: 'flap', host: chance.pick(hosts), everyMs, forMs: 5.5 * everyMs };
	}

	function clock(): Fault & { forMs: number } {
		const offsetMs = chance.pick([-1, 1]) * Math.round(chance.between(1_000, 60_000));
		return { type: 'clock', host: chance.pick(hosts), offsetMs, forMs: chance.between(1_000, 6_000) };
	}

	function weighted(): number {
		return chance.pick(draws.flatMap(([weight], index) => Array.from({ length: weight }, () => index)));
	}

	function shuffled(): string[] {
		return shuffle([...hosts]);
	}

	function shuffle<T>(all: T[]): T[] {
		return all
			.map((one) => [chance.next(), one] as const)
			.sort(([a], [b]) => a - b)
			.map(([, one]) => one);
	}

	/** One alone, two parts, or with five hosts 2|2|1. */
	function groupsOf(order: string[]): string[][] {
		if (order.length >= 5 && chance.chance(0.4)) return [order.slice(0, 2), order.slice(2, 4), order.slice(4)];
		const first = chance.int(1, Math.max(1, Math.floor(order.length / 2)));
		return [order.slice(0, first), order.slice(first)];
	}
}

export function faultName(fault: Fault): string {
	switch (fault.type) {
		case 'off':
			return `${fault.host} off`;
		case 'split':
			return fault.groups.map((group) => group.join(' ')).join(' | ');
		case 'oneWay':
			return `${fault.host} unheard by ${fault.deaf.join(' ')}`;
		case 'slow':
			return `all slow by ${fault.delayMs} ms, ${fault.loss * 100} % lost`;
		case 'flap':
			return `${fault.host} flaps each ${Math.round(fault.everyMs)} ms`;
		case 'freeze':
			return `${fault.what} of ${fault.host} frozen`;
		case 'kill':
			return `${fault.what} of ${fault.host} killed`;
		case 'killAll':
			return 'everything killed';
		case 'clock':
			return `clock of ${fault.host} off by ${fault.offsetMs} ms`;
	}
}
