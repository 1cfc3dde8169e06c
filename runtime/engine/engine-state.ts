// What the rooms of one engine share: its ports, the actors that are active here, and what is known of all others.
import type { Actor, ActorPorts } from './actor.ts';
import { judgeOwnership, type OwnershipVerdict } from './adoption.ts';
import type { CommitPorts } from './commit.ts';
import { type Kind, registry } from './kind.ts';
import type { Live } from './live.ts';
import type { Bus, Clock, Jobs, Observe, Peers, Rng, Store } from './ports.ts';
import { type ActorRecord, type JsonObject, type Owner, refText, type Stored } from './record.ts';

export interface EngineOptions extends Pick<ActorPorts, 'objection'> {
	host: string;
	incarnation: number;
	clock: Clock;
	store: Store;
	bus: Bus;
	jobs: Jobs;
	peers: Peers;
	rng: Rng;
	kinds: readonly Kind[];
	observe: Observe;
}

export interface EngineState {
	ports: Omit<ActorPorts, 'betterOwner' | 'closed' | 'committed'> & CommitPorts;
	peers: Peers;
	self: Owner;
	kinds: ReadonlyMap<string, Kind>;
	/** Active here. */
	actors: Map<string, Actor>;
	/** Every record as last heard of: a hint. */
	index: Map<string, Stored>;
	/** `stopping`: takes nothing new. `ended`: nothing leaves any more. */
	phase: 'open' | 'stopping' | 'ended';
}

export function engineState(options: EngineOptions): EngineState {
	const self: Owner = { host: options.host, incarnation: options.incarnation };
	let commits = 0;
	const state: EngineState = {
		ports: {
			...options,
			self,
			nextCommit: () => `${self.host}:${self.incarnation}:${++commits}`,
			ended: () => state.phase === 'ended',
		},
		peers: options.peers,
		self,
		kinds: registry(options.kinds),
		actors: new Map(),
		index: new Map(),
		phase: 'open',
	};
	return state;
}

export const isOvertaken = ({ index }: EngineState, { record, revision }: Stored): boolean =>
	(index.get(refText(record))?.revision ?? 0) > revision;

export const judge = (state: EngineState, record: ActorRecord): OwnershipVerdict =>
	judgeOwnership(record, {
		self: state.self,
		alive: state.peers.alive(),
		isDead: (host) => state.peers.isDead(host),
		home: homeOf(state, record),
		now: state.ports.clock.now(),
	});

export function homeOf({ kinds }: EngineState, record: ActorRecord): string | null {
	const context = record.snap.context;
	return isObject(context) ? (kinds.get(record.kind)?.home(context) ?? null) : null;
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The host of the actor's wish, where that lives and can run it; null: it stays. */
export function betterOwner({ self, peers }: EngineState, live: Live): Owner | null {
	const home = live.record.parked || live.snapshot.status !== 'active' ? null : homeOfLive(live);
	if (!home || home === self.host) return null;
	const peer = peers.alive().find(({ host }) => host === home);
	const able = peer?.adopting && peer.machines.includes(live.record.machine.id);
	return able ? { host: peer.host, incarnation: peer.incarnation } : null;
}

export const homeOfLive = (live: Live): string | null => live.kind.home(live.snapshot.context as JsonObject);

export const everybodyRuns =
	({ peers }: EngineState) =>
	(machineId: string): boolean =>
		// One that runs none at all, a witness, is no obstacle.
		peers.alive().every(({ machines }) => machines.length === 0 || machines.includes(machineId));
