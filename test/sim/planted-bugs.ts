// Defects put between the product and its ports on purpose. Each must be caught, or the simulator is blind.

import type { Knobs } from './knobs.ts';
import * as ports from './planted-ports.ts';
import * as stores from './planted-stores.ts';
import type { Plant } from './simulate.ts';
import type { Invariant } from './verdict.ts';

export interface PlantedBug {
	name: string;
	/** What is said when it is caught: one of these invariants. */
	caughtAs: Invariant[];
	plant: Plant;
	knobs?: Partial<Knobs>;
}

/** A world without faults: what goes wrong here goes wrong always. */
const CALM: Partial<Knobs> = {
	...{ loss: 0, duplicate: 0, tail: 0, lostAck: 0, lostPut: 0, staleRead: 0, missedWatch: 0, slowStoreMs: 0, falseVerdict: 0 },
	...{
		crashEvery: 0,
		freezeEvery: 0,
		stopEvery: 0,
		partitionEvery: 0,
		oneWayEvery: 0,
		electionEvery: 0,
		clockStepEvery: 0,
		blackoutEvery: 0,
	},
};

/** The seven of the design research first. */
export const PLANTED: readonly PlantedBug[] = [
	{ name: 'effects run before the commit', caughtAs: ['V1'], plant: { ports: ports.ordersBeforeCommit } },
	{ name: 'no dedupe ring', caughtAs: ['V4'], plant: { ports: ports.noDedupe }, knobs: { duplicate: 0.1 } },
	{
		name: 'refusals of repeats are not kept',
		caughtAs: ['V4'],
		plant: { ports: ports.forgetsRepeats },
		knobs: { tail: 0.3, tailMs: 8_000, commands: 60 },
	},
	{ name: 'no token check', caughtAs: ['V6'], plant: { ports: ports.noTokenCheck } },
	{
		name: 'timers not armed again on adoption',
		caughtAs: ['V6'],
		plant: { ports: stores.noRearm },
		knobs: { crashEvery: 8_000 },
	},
	{ name: 'no epoch bump', caughtAs: ['V3'], plant: { ports: stores.noEpochBump }, knobs: { crashEvery: 8_000 } },
	{
		name: 'no fence at the target',
		caughtAs: ['V3'],
		plant: { journal: ports.forgetsEpochs },
		knobs: { freezeEvery: 5_000, tail: 0.1, tailMs: 8_000 },
	},
	{
		name: 'a timeout taken for "not applied"',
		caughtAs: ['V2', 'V3', 'V4'],
		plant: { ports: stores.doubtMeansLost },
		knobs: { lostAck: 0.1 },
	},
	{
		name: 'handed over without a new epoch',
		caughtAs: ['V3'],
		plant: { ports: stores.handsOverInSameEpoch },
		knobs: { crashEvery: 8_000 },
	},
	{ name: 'reply before the commit', caughtAs: ['V1'], plant: { ports: ports.repliesBeforeCommit } },
	{ name: 'timers fire early', caughtAs: ['V6'], plant: { ports: ports.firesEarly } },
	{
		name: 'timers restarted on adoption',
		caughtAs: ['V6'],
		plant: { ports: stores.restartsTimers },
		knobs: { crashEvery: 8_000 },
	},
	{
		name: 'dedupe ring lost on adoption',
		caughtAs: ['V2', 'V4'],
		plant: { ports: stores.losesRing },
		knobs: { crashEvery: 8_000 },
	},
	{
		name: 'two writers win one compare-and-set',
		caughtAs: ['V2', 'V3', 'V4'],
		plant: { ports: stores.everyPutWins },
		knobs: { freezeEvery: 5_000 },
	},
	{ name: 'orders are not repeated', caughtAs: ['live'], plant: { ports: ports.ordersOnce }, knobs: { loss: 0.3 } },
	{
		name: 'called-off work goes on',
		caughtAs: ['live'],
		plant: { ports: ports.retiresNothing },
		knobs: { ...CALM, effectMs: 4_000, commands: 60 },
	},
];
