// One seed, one run: a cluster in a hostile world, then peace, then the reckoning.
import type { Journal } from '../../runtime/host/journal.ts';
import { busServer } from './bus.ts';
import { auditor } from './check.ts';
import { checkFinal, restless } from './check-final.ts';
import { clients } from './clients.ts';
import { jobServer } from './jobs.ts';
import { knobs as drawKnobs, isCalm, type Knobs } from './knobs.ts';
import type { Life } from './life.ts';
import { kinds } from './machines.ts';
import { network } from './network.ts';
import { peerBook } from './peers.ts';
import { scheduleFaults } from './schedule.ts';
import { type Ports, type SimHost, simHost } from './sim-host.ts';
import { DEPOSED_MS, storeServer } from './store.ts';
import type { Violation } from './verdict.ts';
import { scheduleWork } from './workload.ts';
import { EPOCH, world as newWorld } from './world.ts';

/** A defect put on purpose between the product and its ports, to prove that the auditor sees it. */
export interface Plant {
	ports?(ports: Ports, life: Life): Ports;
	journal?(journal: Journal): Journal;
}

export interface SimOptions {
	keepTrace?: boolean;
	plant?: Plant;
	knobs?: Partial<Knobs>;
}

export interface Run {
	seed: number;
	violations: Violation[];
	hash: string;
	events: number;
	/** Virtual time, ms. */
	ms: number;
	counts: Record<string, number>;
	trace: string[];
}

/** After healing everything must be at rest within this time. */
const PEACE_MS = 120_000;
/** Messages from before the healing are all delivered, all hosts are back. */
const CALM_AFTER_MS = 20_000;
const MAX_EVENTS = 500_000;

export async function simulate(seed: number, options: SimOptions = {}): Promise<Run> {
	const world = newWorld(seed, { keepTrace: options.keepTrace ?? false });
	const knobs = { ...drawKnobs(world.rng.fork()), ...options.knobs };
	let healed = false;
	let calm = isCalm(knobs);
	const audit = auditor(world, EPOCH, {
		skewMs: knobs.skewMs,
		patienceMs: knobs.staleRead > 0 ? DEPOSED_MS : 0,
		isCalm: () => calm,
	});
	const net = network(world, knobs);
	const store = storeServer(world, knobs, net, audit.committed);
	const bus = busServer(world, net, audit.replied, audit.doubled);
	const jobs = jobServer(world, net, audit);
	const asked = clients(world, audit.answered);
	const hosts: SimHost[] = [];
	const lives = () => hosts.flatMap((host) => host.life() ?? []);
	const machines = kinds.flatMap(({ versions }) => versions.map(({ machine }) => machine.id));
	const adopting = (life: Life) => hosts.find(({ name }) => name === life.host)?.adopting() ?? false;
	const peers = peerBook(world, knobs, net, lives, (life) => ({ machines, adopting: adopting(life) }));
	const parts = {
		...{ world, knobs, store, bus, jobs, peers, kinds, effects: audit, observe: audit.observed },
		healed: () => healed,
		spoilPorts: (ports: Ports, life: Life) => options.plant?.ports?.(ports, life) ?? ports,
		spoilJournal: (journal: Journal) => options.plant?.journal?.(journal) ?? journal,
	};
	for (let i = 1; i <= knobs.hosts; i++) hosts.push(simHost(parts, `h${i}`));
	for (const host of hosts) world.after(world.rng.between(0, 2_000), host.boot);
	scheduleWork({ world, knobs, net, store, bus, clients: asked, hosts, audit });
	scheduleFaults({ world, knobs, net, store, hosts }, () => healed);
	world.after(knobs.chaosMs, heal);

	const outcome = { store, clients: asked, hosts, audit };
	let atRest = false;
	await world.run(EPOCH + knobs.chaosMs + PEACE_MS, () => atRest || audit.violations.length > 0 || world.events() > MAX_EVENTS);
	if (audit.violations.length === 0) {
		if (!atRest)
			for (const reason of restless(outcome).slice(0, 5)) audit.fail('live', `after ${PEACE_MS / 1_000} s of peace ${reason}`);
		if (world.events() > MAX_EVENTS) audit.fail('live', `no rest within ${MAX_EVENTS} events`);
		checkFinal(outcome);
	}
	const run = {
		seed,
		violations: audit.violations,
		hash: world.hash(),
		events: world.events(),
		ms: world.now() - EPOCH,
		counts: audit.counts,
		trace: world.lines,
	};
	for (const host of hosts) host.crash();
	await world.settle();
	return run;

	function heal(): void {
		healed = true;
		world.trace('world', 'heal');
		for (const port of [net, store, peers]) port.heal();
		for (const host of hosts) {
			host.life()?.wake();
			host.boot();
		}
		world.after(CALM_AFTER_MS, () => {
			calm = true;
		});
		lookForRest();
	}

	function lookForRest(): void {
		for (const host of hosts) host.boot();
		world.after(1_000, () => {
			atRest = world.now() > EPOCH + knobs.chaosMs + 10_000 && restless(outcome).length === 0;
			if (!atRest) lookForRest();
		});
	}
}
