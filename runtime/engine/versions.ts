// A machine's id is its version. Old records come back through pure migrations; what cannot be restored
// is left alone and said so, never guessed at.
import { type AnyMachineSnapshot, type AnyStateMachine, createActor } from 'xstate';
import { currentVersion, type Kind, type MachineVersion } from './kind.ts';
import type { Live } from './live.ts';
import type { ActorRecord, JsonObject } from './record.ts';

export type Restored =
	| { status: 'restored'; live: Live; migrated: boolean }
	/** Written by a version this host does not know. */
	| { status: 'unknown-version' }
	| { status: 'broken'; reason: string };

/** `allowed` tells which machine ids every live host can run: nobody migrates past what a peer could adopt. */
export function restore(kind: Kind, record: ActorRecord, allowed: (machineId: string) => boolean): Restored {
	const from = kind.versions.findIndex(({ machine }) => machine.id === record.machine.id);
	if (from < 0) return { status: 'unknown-version' };
	let target = from;
	for (let i = from + 1; i < kind.versions.length; i++) if (allowed(at(kind, i).machine.id)) target = i;
	try {
		let migrated = record;
		for (let i = from; i < target; i++) migrated = migrate(migrated, at(kind, i).machine, at(kind, i + 1));
		const { machine } = at(kind, target);
		const snapshot = snapshotOf(machine, migrated.snap);
		const fault = faultOf(machine, snapshot, migrated);
		if (fault) return { status: 'broken', reason: fault };
		return { status: 'restored', live: { kind, machine, record: migrated, snapshot }, migrated: target !== from };
	} catch (thrown) {
		return { status: 'broken', reason: thrown instanceof Error ? thrown.message : String(thrown) };
	}
}

export function newestAllowed(kind: Kind, allowed: (machineId: string) => boolean): AnyStateMachine {
	const versions = kind.versions.filter(({ machine }) => allowed(machine.id));
	return (versions[versions.length - 1] ?? currentVersion(kind)).machine;
}

export const machineIds = (kinds: Iterable<Kind>): string[] =>
	[...kinds].flatMap((kind) => kind.versions.map(({ machine }) => machine.id));

const identities = new WeakMap<AnyStateMachine, ActorRecord['machine']>();

export function machineIdentity(machine: AnyStateMachine): ActorRecord['machine'] {
	let identity = identities.get(machine);
	if (!identity) {
		identity = { id: machine.id, version: machine.id.split('@')[1] ?? '1', hash: hashText(JSON.stringify(machine.definition)) };
		identities.set(machine, identity);
	}
	return identity;
}

function at(kind: Kind, index: number): MachineVersion {
	return kind.versions[index] as MachineVersion;
}

/** Names of timers contain the machine's id, so they move with it. */
function migrate(record: ActorRecord, from: AnyStateMachine, to: MachineVersion): ActorRecord {
	const rename = (text: string) => text.replaceAll(`${from.id}.`, `${to.machine.id}.`);
	return {
		...record,
		machine: machineIdentity(to.machine),
		snap: to.migrate ? to.migrate(structuredClone(record.snap)) : record.snap,
		timers: Object.fromEntries(
			Object.entries(record.timers).map(([id, timer]) => [
				rename(id),
				{ ...timer, event: { ...timer.event, type: rename(String(timer.event.type)) } },
			]),
		),
	};
}

/** Restores without starting anything. `resolveState` would drop the children. */
function snapshotOf(machine: AnyStateMachine, snap: JsonObject): AnyMachineSnapshot {
	return createActor(machine, { snapshot: snap as never }).getSnapshot() as AnyMachineSnapshot;
}

function faultOf(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, record: ActorRecord): string | null {
	if (snapshot.status === 'error') return `its state does not exist in ${machine.id}: ${String(snapshot.error)}`;
	for (const [id, effect] of Object.entries(record.effects)) {
		if (!(effect.src in machine.implementations.actors))
			return `effect ${id} asks for ${effect.src}, which ${machine.id} does not know`;
	}
	return null;
}

/** FNV-1a, 64 bits in two halves: tells definitions apart, guards nothing. */
function hashText(text: string): string {
	let low = 0x811c9dc5;
	let high = 0xcbf29ce4;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		low = Math.imul(low ^ code, 0x01000193);
		high = Math.imul(high ^ (code + i), 0x01000193);
	}
	return ((high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0')).slice(0, 16);
}
