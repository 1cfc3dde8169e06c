// What effects may use on the host they run on. covey.ts puts it together.
import type { CatalogEntry } from '../catalog/entry.ts';
import type { Presence } from '../machines/host/contract.ts';
import type { Candidate, Weights } from '../machines/placement/score.ts';
import type { Command, Documents, Reply } from '../runtime/engine/ports.ts';
import type { ActorRecord, ActorRef, JsonObject } from '../runtime/engine/record.ts';
import type { Driver } from './drivers/driver.ts';
import type { HostPlan } from './drivers/plan.ts';
import type { Rebuilds } from './drivers/rebuilds.ts';
import type { Vault } from './vault.ts';
import type { VoterOps } from './voter-ops.ts';

export interface HostKit {
	host: string;
	/** How people reach apps of this host: `192.0.2.7`. */
	address: string;
	/** Where apps listen. */
	bind: string;
	/** Ports given to apps that did not ask for one. */
	ports: { from: number; to: number /** Try the entry's usual port first. */; usual: boolean };
	documents: Documents;
	driver: Driver;
	rebuilds: Rebuilds;
	/** Looks again for one that is not known. Rejects with UNKNOWN_APP and the nearest names. */
	entry(app: string): Promise<CatalogEntry>;
	vault: Vault;
	/** Every known host with what is promised to apps on their way, `except` that one. A hint. */
	candidates(except?: string): Promise<Candidate[]>;
	/** The same host with what this plan of it promises. */
	candidateWith(candidate: Candidate, plan: HostPlan, except: string | null): Candidate;
	/** What counts how much when a host is chosen, or did when the store last answered. */
	weights(): Promise<Weights>;
	/** Every actor's record as last heard of: a hint. */
	records(): ActorRecord[];
	/** Reads an actor's record through the leader. Rejects with STORE_UNAVAILABLE. */
	look(ref: ActorRef): Promise<ActorRecord | null>;
	/** Says something to an actor wherever it is, until it is answered. Rejects with its refusal, or UNKNOWN_ACTOR. */
	command(ref: ActorRef, command: Command): Promise<void>;
	/** Makes an actor with this host as its first owner; the same `cmdId` gets the same answer. */
	create(ref: ActorRef, input: JsonObject, how: { cmdId: string; by: string }): Promise<Reply>;
	/** Installed apps beside `except` that require it: a hint. */
	neededBy(instance: string, except: string): string[];
	presence(host: string): Presence;
	departure: Departure;
	voters: VoterOps;
	/** Moves an instance's data to this host's trash; false when there was none. */
	trashData(instance: string): Promise<boolean>;
}

/** What this host does when it leaves the cluster for good. Both may be called again. */
export interface Departure {
	/** Owns nothing when it resolves, and takes nothing any more; tells how many actors it gave away. */
	handOver(signal: AbortSignal): Promise<number>;
	/** On disk when it resolves: this host is no member any more. It ends soon after. */
	note(): Promise<void>;
}
