// One host: a process that is started, killed, frozen and stopped again and again, and what its disk keeps meanwhile.
import { createEngine, type Engine } from '../../runtime/engine/engine.ts';
import type { Kind } from '../../runtime/engine/kind.ts';
import type { Bus, Clock, Jobs, Observation, Peers, Store } from '../../runtime/engine/ports.ts';
import { createJobHost, type JobHost } from '../../runtime/host/jobs.ts';
import { type Journal, memoryJournal } from '../../runtime/host/journal.ts';
import type { BusServer } from './bus.ts';
import { simClock } from './clock.ts';
import { type Disk, type EffectWitness, simEffects } from './effects.ts';
import type { JobServer } from './jobs.ts';
import type { Knobs } from './knobs.ts';
import { type Life, lifeText, newLife } from './life.ts';
import type { PeerBook } from './peers.ts';
import type { StoreServer } from './store.ts';
import type { World } from './world.ts';

export interface Ports {
	clock: Clock;
	store: Store;
	bus: Bus;
	jobs: Jobs;
	peers: Peers;
}

export interface HostParts {
	world: World;
	knobs: Knobs;
	store: StoreServer;
	bus: BusServer;
	jobs: JobServer;
	peers: PeerBook;
	kinds: readonly Kind[];
	effects: EffectWitness;
	healed(): boolean;
	observe(life: Life, observation: Observation): void;
	/** Planted bugs: what stands between the product and its ports. */
	spoilPorts(ports: Ports, life: Life): Ports;
	spoilJournal(journal: Journal): Journal;
}

export interface SimHost {
	readonly name: string;
	life(): Life | null;
	engine(): Engine | null;
	jobHost(): JobHost | null;
	boot(): void;
	crash(): void;
	/** Stops in good order; dies after `limitMs` in any case. */
	stop(limitMs: number): void;
	/** Moves the wall clock within the allowed skew. */
	stepClock(): void;
	adopting(): boolean;
}

export function simHost(parts: HostParts, name: string): SimHost {
	const { world, knobs } = parts;
	const rng = world.rng.fork();
	const journal = parts.spoilJournal(memoryJournal());
	const disk: Disk = new Map();
	let incarnation = 0;
	let skew = rng.between(-knobs.skewMs, knobs.skewMs);
	let now: { life: Life; engine: Engine; jobs: JobHost } | null = null;
	let stopping = false;

	function boot(): void {
		if (now) return;
		const life = newLife(world, name, ++incarnation, () => skew);
		const clock = simClock(world, life);
		const plain = {
			clock,
			store: parts.store.port(life),
			bus: parts.bus.port(life),
			jobs: parts.jobs.port(life),
			peers: parts.peers.port(life),
		};
		const ports = parts.spoilPorts(plain, life);
		const observe = (observation: Observation) => parts.observe(life, observation);
		const engine = createEngine({ host: name, incarnation, ...ports, rng: rng.fork().next, kinds: parts.kinds, observe });
		const jobs = jobHost(life, plain);
		now = { life, engine, jobs };
		stopping = false;
		parts.jobs.register(life, jobs);
		world.trace(name, 'boot', lifeText(life));
		life.enter(() => {
			jobs.resume();
			void engine.start();
		});
	}

	function jobHost(life: Life, { clock, store }: Ports): JobHost {
		return createJobHost({
			host: name,
			clock,
			rng: rng.fork().next,
			journal,
			effects: simEffects(world, knobs, life, clock, disk, parts.effects, parts.healed),
			wanted: async (order) => {
				const current = await store.read(order.actor);
				const wanted = Object.values(current?.record.effects ?? {}).some(({ key }) => key === order.key);
				return current && wanted ? { epoch: current.record.epoch, owner: current.record.owner?.host ?? order.owner } : null;
			},
			push: ({ owner, completion }) => parts.jobs.push(life, owner, completion),
			publishProgress: () => {},
			observe: (observation) => world.trace(name, observation.type, 'key' in observation ? observation.key : ''),
		});
	}

	function crash(): void {
		if (!now) return;
		const { life, engine, jobs } = now;
		world.trace(name, 'crash', lifeText(life));
		now = null;
		life.die();
		engine.kill();
		jobs.kill();
		parts.bus.drop(life);
		parts.jobs.drop(life);
		world.stir();
	}

	return {
		name,
		life: () => now?.life ?? null,
		engine: () => now?.engine ?? null,
		jobHost: () => now?.jobs ?? null,
		boot,
		crash,
		stop(limitMs) {
			const current = now;
			if (!current || stopping) return;
			stopping = true;
			world.trace(name, 'stop', lifeText(current.life));
			const end = () => {
				if (now === current) crash();
			};
			current.life.enter(() => void Promise.all([current.engine.stop(), current.jobs.drain()]).then(end));
			world.after(limitMs, end);
		},
		stepClock() {
			skew = rng.between(-knobs.skewMs, knobs.skewMs);
		},
		adopting: () => !stopping,
	};
}
