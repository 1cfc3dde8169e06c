// What a host is made of, and what it tells while it runs.
import type { Driver } from '../../actors/drivers/driver.ts';
import type { HostKit } from '../../actors/kit.ts';
import type { Vault } from '../../actors/vault.ts';
import type { VoterOps } from '../../actors/voter-ops.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { Graph } from '../../catalog/graph.ts';
import type { toWire } from '../engine/errors.ts';
import type { Kind } from '../engine/kind.ts';
import type { Observe } from '../engine/ports.ts';
import type { DataDir } from './data-dir.ts';
import type { JobObservation } from './job-contract.ts';
import type { Links } from './links.ts';
import type { MembershipObservation } from './membership-rules.ts';

export interface HostParts {
	dataDir: DataDir;
	links: Links;
	kinds: readonly Kind[];
	driver: Driver;
	/** Throws UNKNOWN_APP. */
	entry(app: string): Promise<CatalogEntry>;
	knownEntry(app: string): CatalogEntry | undefined;
	/** The catalog as a graph. */
	graph(): Graph;
	address: string;
	bind: string;
	appPorts: HostKit['ports'];
	trashData(instance: string): Promise<boolean>;
	vault: Vault;
	/** This host's server and the group of voters. */
	voters: Omit<VoterOps, 'lastSeen' | 'listeningSince'>;
	/** Called once when this host has left or was forgotten: end it. */
	onDeparted(words: string): void;
	observe(observation: HostObservation): void;
}

export type HostObservation =
	| Parameters<Observe>[0]
	| JobObservation
	| MembershipObservation
	| { type: 'planUnread' | 'settleFailed' | 'jobLogFailed' | 'votersUnread'; error: ReturnType<typeof toWire> }
	/** The old journal lies at `path`; the jobs begin anew as their owners ask. */
	| { type: 'journalDamaged'; path: string; reason: string }
	| { type: 'orphans'; kept: string[]; ended: string[] }
	| { type: 'watchFailed'; watch: string; error: ReturnType<typeof toWire> }
	| { type: 'stoppedForeign' | 'reservationFreed'; instance: string }
	/** Cut off from the cluster since `since`, ms; what it found when it was back. */
	| { type: 'returnedToCluster'; since: number; stopped: string[]; kept: string[] };
