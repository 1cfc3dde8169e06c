// The actor's one value in the store (DESIGN words: record). Everything that must change together is in
// here, so that one compare-and-set guards all of it (V2).
import { z } from 'zod';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Kinds and ids are `[a-z0-9-]`: they are tokens of a NATS subject and folder names. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$/;
export const Name = z.string().regex(NAME, 'use 1-48 characters of a-z, 0-9 and "-", not beginning or ending with "-"');

export interface ActorRef {
	kind: string;
	id: string;
}

/** `install/jellyfin` */
export const refText = (ref: ActorRef): string => `${ref.kind}/${ref.id}`;
export function parseRef(text: string): ActorRef {
	const [kind = '', id = ''] = text.split('/');
	return { kind: Name.parse(kind), id: Name.parse(id) };
}

/** One life of one host's process: a restarted host has the same name and a higher incarnation. */
export interface Owner {
	host: string;
	incarnation: number;
}

export interface PendingEffect {
	src: string;
	input: Json;
	/** `seq` of the step that asked for it: a completion with another token is dropped (V6). */
	token: number;
	/** `kind/id/invoke/token`: makes the second run harmless (V5). */
	key: string;
	/** Where the work is; null means "on the owner". */
	host: string | null;
}

export interface PendingTimer {
	event: JsonObject;
	/** Absolute wall time, ms: a deadline, never restarted by an adoption. */
	at: number;
	token: number;
}

/** What everyone may see of an actor. Nobody outside reads `snap`. */
export interface View {
	phase: string;
	/** One sentence for a person. */
	words: string;
	/** For each command: true, or the reason why not now. */
	can: Record<string, true | string>;
	/** When this phase began, ms. */
	since: number;
	/** Public data of the kind: host, address, failure, … */
	data: JsonObject;
}

export interface LastStep {
	event: JsonObject;
	from: string;
	to: string;
	at: number;
	/** Who asked: `cli:root`, `host:alder`, `timer`, … */
	by: string;
}

export type SeenEntry = [cmdId: string, seq: number, at: number, reply: Json];

export interface ActorRecord {
	schema: 1;
	kind: string;
	id: string;
	machine: { id: string; version: string; hash: string };
	owner: Owner | null;
	/** +1 with each change of owner (V3). */
	epoch: number;
	/** +1 with each step of the machine. */
	seq: number;
	/** Unique per intended write: answers "was that timed-out write mine?". */
	commit: string;
	snap: JsonObject;
	effects: Record<string, PendingEffect>;
	timers: Record<string, PendingTimer>;
	seen: SeenEntry[];
	view: View;
	last: LastStep;
	createdAt: number;
	/** Adoptions after a death in the last ten minutes, each with the `seq` it found; a crash-looping actor is parked. */
	recoveries: [at: number, seq: number][];
	parked?: { reason: string; since: number };
}

/** A record with the store's revision of it. */
export interface Stored {
	record: ActorRecord;
	revision: number;
}

export const SCHEMA = 1;
/** Hard cap of a record in bytes; bulky things live elsewhere, by key. */
export const MAX_RECORD_BYTES = 64 * 1024;

/**
 * The field of a value from the store for which it cannot be believed as a record, or null; `snap` is judged by its machine. By
 * hand, because every host reads every commit: 1 µs, where the same in zod takes 6.
 */
export function damagedField(value: unknown): string | null {
	if (!isObject(value)) return 'record';
	for (const [field, holds] of FIELDS) if (!holds(value[field])) return field;
	return null;
}

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isName = (value: unknown): boolean => typeof value === 'string' && NAME.test(value);

const FIELDS: readonly [string, (value: unknown) => boolean][] = [
	['schema', Number.isInteger],
	['kind', isName],
	['id', isName],
	['machine', (machine) => isObject(machine) && isText(machine.id) && isText(machine.version) && isText(machine.hash)],
	['owner', (owner) => owner === null || (isObject(owner) && isText(owner.host) && Number.isFinite(owner.incarnation))],
	['epoch', Number.isInteger],
	['seq', Number.isInteger],
	['commit', isText],
	['snap', isObject],
	['effects', isObject],
	['timers', isObject],
	['seen', Array.isArray],
	['view', (view) => isObject(view) && isText(view.phase)],
];
