// A kind of actor: its machine versions and what the engine must know beside them. Pure.
import type { AnyStateMachine } from 'xstate';
import type { z } from 'zod';
import type { JsonObject } from './record.ts';

export interface MachineVersion {
	/** The machine's id is its version: `install@1`. Never change a released machine; add a version. */
	machine: AnyStateMachine;
	/** Turns a snapshot of the version before into one of this version. Absent on the first version. */
	migrate?: (snap: JsonObject) => JsonObject;
}

/** A state of a machine as the engine shows it to a kind: never leaves the engine. */
export interface Seen {
	/** Dotted path of the active states: `removing.stopping`. */
	phase: string;
	context: JsonObject;
	/** Whether the machine would take this event now. */
	can(event: JsonObject & { type: string }): boolean;
}

export interface Kind {
	kind: string;
	/** Oldest first; the last one is current. */
	versions: [MachineVersion, ...MachineVersion[]];
	/** Input of a creation, parsed at the edge. */
	create: z.ZodType<JsonObject>;
	/** A command's payload, `{type, …}`, parsed at the edge. Facts of the engine and of hosts are not in it. */
	command: z.ZodType<JsonObject & { type: string }>;
	/** Facts that hosts may tell (`host.lost`, `app.unhealthy`, …). */
	fact: z.ZodType<JsonObject & { type: string }>;
	/** Everything of the view but `since`, which the engine keeps. */
	view(seen: Seen): { phase: string; words: string; can: Record<string, true | string>; data: JsonObject };
	/** The host that should own the actor while it lives, or null for "no wish". */
	home(context: JsonObject): string | null;
}

export const currentVersion = (kind: Kind): MachineVersion => kind.versions[kind.versions.length - 1] as MachineVersion;

/** Events the engine adds to what the machine gets: the machine has no clock and no randomness of its own. */
export interface Stamp {
	/** Wall time of the step, ms. */
	at: number;
	by: string;
}

/** A kind with nothing behind it yet is never half-registered: ids must be unique. */
export function registry(kinds: readonly Kind[]): ReadonlyMap<string, Kind> {
	const map = new Map<string, Kind>();
	for (const kind of kinds) {
		if (map.has(kind.kind)) throw new Error(`two kinds are called ${kind.kind}`);
		map.set(kind.kind, kind);
	}
	return map;
}
