// What is placed, where it could go, and what is wished for it.
import type { HostFacts, Presence } from '../host/contract.ts';

export interface Need {
	/** Bytes. */
	memoryBytes: number;
	diskBytes: number;
	/** The driver that can run it: `process`. */
	driver: string;
	/** `x64`, `arm64`; empty or absent: any. */
	arch?: readonly string[];
	/** Devices the host must have: `/dev/dri`. */
	devices?: readonly string[];
	/** Labels the host must have. */
	labels?: Readonly<Record<string, string>>;
	/** Host ports it must get. */
	ports?: readonly number[];
}

export interface Candidate {
	facts: HostFacts;
	presence: Presence;
	/** Promised to apps that do not use it yet, bytes. */
	reservedMemory: number;
	reservedDisk: number;
	/** Who has which port there, by number. */
	ports?: ReadonlyMap<number, string>;
}

export interface Wish {
	/** The host a person named, or null. */
	pinned: string | null;
	/** Hosts that died under this install. */
	avoid: readonly string[];
	/** Name of the instance: spreads installs asked at the same moment over hosts that are about equal. */
	instance: string;
	/** Its app: given, an instance with data goes where that is (V9). */
	app?: string;
	/** A person wants it to begin without the data of an earlier one. */
	fresh?: boolean;
	/** Taken when nothing is against it: a person has seen it in a plan. */
	preferred?: string | null;
	/** Why a host is near to what the app is connected with, by host. */
	near?: ReadonlyMap<string, readonly string[]>;
	/** Memory it needs beyond that of the app, by host, bytes. */
	extraMemory?: ReadonlyMap<string, number>;
}
