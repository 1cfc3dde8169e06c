// How hostile a seed's world is. Each seed turns on its own selection, so that some runs have one fault alone
// and others all of them at once.
import type { Random } from './random.ts';

export interface Knobs {
	hosts: number;
	actors: number;
	commands: number;
	/** How long faults and commands go on, ms; then everything heals. */
	chaosMs: number;
	/** Share of messages lost, doubled, or late by up to `tailMs`. */
	loss: number;
	duplicate: number;
	tail: number;
	tailMs: number;
	latencyMs: number;
	/** Share of puts that are applied but whose answer never comes, and of puts that never arrive. */
	lostAck: number;
	lostPut: number;
	/** Share of reads that a deposed leader answers from its past. */
	staleRead: number;
	/** Share of change notices a watcher misses. */
	missedWatch: number;
	/** Added to each answer of the store, mean ms. */
	slowStoreMs: number;
	/** Largest clock error of a host, ms. */
	skewMs: number;
	/** Share of heartbeat rounds in which a live host is judged dead. */
	falseVerdict: number;
	/** Silence after which a host is judged dead, ms. */
	verdictMs: number;
	/** Share of attempts of an effect that fail. */
	effectFails: number;
	/** Mean duration of an effect, ms. */
	effectMs: number;
	/** Mean ms between faults of each sort; 0: never. */
	crashEvery: number;
	freezeEvery: number;
	stopEvery: number;
	partitionEvery: number;
	oneWayEvery: number;
	electionEvery: number;
	clockStepEvery: number;
	blackoutEvery: number;
}

export function knobs(rng: Random): Knobs {
	const sometimes = (probability: number, low: number, high: number) => (rng.chance(probability) ? rng.between(low, high) : 0);
	return {
		hosts: rng.int(2, 5),
		actors: rng.int(2, 4),
		commands: rng.int(12, 40),
		chaosMs: rng.between(20_000, 45_000),
		loss: sometimes(0.6, 0, 0.1),
		duplicate: sometimes(0.6, 0, 0.15),
		tail: sometimes(0.6, 0, 0.1),
		tailMs: rng.between(200, 6_000),
		latencyMs: rng.between(0.3, 10),
		lostAck: sometimes(0.6, 0, 0.12),
		lostPut: sometimes(0.4, 0, 0.08),
		staleRead: sometimes(0.4, 0, 0.05),
		missedWatch: sometimes(0.5, 0, 0.4),
		slowStoreMs: sometimes(0.4, 5, 400),
		skewMs: sometimes(0.8, 0, 300),
		falseVerdict: sometimes(0.4, 0, 0.01),
		verdictMs: rng.between(1_500, 3_000),
		effectFails: sometimes(0.6, 0, 0.4),
		effectMs: rng.between(200, 4_000),
		crashEvery: sometimes(0.6, 5_000, 30_000),
		freezeEvery: sometimes(0.6, 5_000, 30_000),
		stopEvery: sometimes(0.3, 8_000, 30_000),
		partitionEvery: sometimes(0.5, 5_000, 30_000),
		oneWayEvery: sometimes(0.4, 5_000, 30_000),
		electionEvery: sometimes(0.4, 8_000, 30_000),
		clockStepEvery: sometimes(0.3, 5_000, 20_000),
		blackoutEvery: sometimes(0.15, 15_000, 40_000),
	};
}

/** Nothing goes wrong in this world. */
export function isCalm({ loss, tail, lostAck, lostPut, slowStoreMs, falseVerdict, ...knobs }: Knobs): boolean {
	const { crashEvery, freezeEvery, stopEvery, partitionEvery, oneWayEvery, electionEvery, blackoutEvery } = knobs;
	const faults = [
		loss,
		tail,
		lostAck,
		lostPut,
		slowStoreMs,
		falseVerdict,
		crashEvery,
		freezeEvery,
		stopEvery,
		partitionEvery,
		oneWayEvery,
		electionEvery,
		blackoutEvery,
	];
	return faults.every((fault) => fault === 0);
}
