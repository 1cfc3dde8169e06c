// What goes wrong and when: each sort of fault comes at random times of its own until everything heals.
import type { Knobs } from './knobs.ts';
import { CLIENT, type Network, STORE } from './network.ts';
import type { SimHost } from './sim-host.ts';
import type { StoreServer } from './store.ts';
import type { World } from './world.ts';

export interface Stage {
	world: World;
	knobs: Knobs;
	net: Network;
	store: StoreServer;
	hosts: readonly SimHost[];
}

export function scheduleFaults({ world, knobs, net, store, hosts }: Stage, over: () => boolean): void {
	const rng = world.rng.fork();
	const places = [...hosts.map(({ name }) => name), STORE, CLIENT];

	every(knobs.crashEvery, () => crash(rng.pick(hosts), rng.between(100, 15_000)));
	every(knobs.freezeEvery, () => freeze(rng.pick(hosts), rng.chance(0.3) ? rng.between(100, 1_500) : rng.between(1_000, 20_000)));
	every(knobs.stopEvery, () => stop(rng.pick(hosts), rng.between(500, 8_000)));
	every(knobs.partitionEvery, () => partition(rng.between(500, 12_000)));
	every(knobs.oneWayEvery, () => cut(rng.pick(places), rng.pick(places), rng.between(500, 10_000)));
	every(knobs.electionEvery, () => elect(rng.between(3_000, 9_000)));
	every(knobs.clockStepEvery, () => rng.pick(hosts).stepClock());
	every(knobs.blackoutEvery, () => {
		for (const host of hosts) crash(host, rng.between(500, 6_000));
	});

	function every(mean: number, fault: () => void): void {
		if (mean === 0) return;
		world.after(rng.around(mean), () => {
			if (over()) return;
			fault();
			every(mean, fault);
		});
	}

	function crash(host: SimHost, downMs: number): void {
		host.crash();
		world.after(downMs, host.boot);
	}

	function freeze(host: SimHost, ms: number): void {
		const life = host.life();
		if (!life) return;
		world.trace(host.name, 'freeze', Math.round(ms));
		life.freeze();
		world.after(ms, () => {
			world.trace(host.name, 'wake');
			life.wake();
		});
	}

	function stop(host: SimHost, downMs: number): void {
		const limitMs = 10_000;
		host.stop(limitMs);
		world.after(limitMs + downMs, host.boot);
	}

	/** One side keeps the store; clients may be on either. */
	function partition(ms: number): void {
		const side = new Set(places.filter(() => rng.chance(0.5)));
		for (const from of places) for (const to of places) if (side.has(from) !== side.has(to)) cut(from, to, ms);
	}

	function cut(from: string, to: string, ms: number): void {
		if (from === to) return;
		world.trace('net', 'cut', `${from} > ${to} ${Math.round(ms)}`);
		net.cut(from, to);
		world.after(ms, () => net.mend(from, to));
	}

	function elect(ms: number): void {
		world.trace(STORE, 'leaderless', Math.round(ms));
		store.elect(world.now() + ms);
	}
}
