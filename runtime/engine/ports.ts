// Everything impure the engine needs. Each port has an in-memory twin (memory.ts) and a real one
// (nats/, runtime/host); the simulator (test/sim) brings hostile ones.
import type { WireError } from './errors.ts';
import type { ActorRecord, ActorRef, Json, JsonObject, Stored } from './record.ts';

export type Cancel = () => void;

export interface Clock {
	/** Wall time in ms since 1970. Comparable between hosts; used for absolute deadlines only. */
	now(): number;
	/** Runs `fn` once, `ms` of monotonic time from now. Any `ms` up to years. */
	after(ms: number, fn: () => void): Cancel;
}

/** A number in [0, 1). */
export type Rng = () => number;

export type PutOutcome =
	| { status: 'committed'; revision: number }
	/** Somebody else wrote since `previous`. */
	| { status: 'conflict' }
	/** No answer in time: it may or may not have been applied. Only a leader read can tell. */
	| { status: 'unknown' };

export interface Store {
	/** Reads through the stream's leader. Rejects with STORE_UNAVAILABLE when no leader answers in time. */
	read(ref: ActorRef): Promise<Stored | null>;
	/** One compare-and-set: written only if the key's revision still is `previous` (0: the key does not exist). */
	put(record: ActorRecord, previous: number): Promise<PutOutcome>;
	/** Every record as far as known: a hint, never a basis for a decision. Rejects with STORE_UNAVAILABLE. */
	scan(): Promise<Stored[]>;
	/** Calls back for each committed record soon after its commit; may miss some (hint). */
	watch(onChange: (stored: Stored) => void): Cancel;
}

/** Small JSON documents with compare-and-set, by bucket: plans, host facts, configuration. */
export interface Documents {
	/** Reads through the leader. Rejects with STORE_UNAVAILABLE. */
	read(bucket: DocumentBucket, key: string): Promise<{ value: Json; revision: number } | null>;
	/** Written only if the revision still is `previous` (0: absent). Doubt is resolved inside: `conflict` is certain. */
	put(
		bucket: DocumentBucket,
		key: string,
		value: Json,
		previous: number,
	): Promise<{ status: 'committed'; revision: number } | { status: 'conflict' }>;
	/** All documents of the bucket: a hint. */
	list(bucket: DocumentBucket): Promise<{ key: string; value: Json; revision: number }[]>;
}
/** `secrets` and `authority` hold sealed values only; `authority`, the key that signs certificates, is for voters. */
export type DocumentBucket = 'plans' | 'hosts' | 'config' | 'catalogs' | 'secrets' | 'authority';

/** A command or fact on its way to an actor. `type` is the machine's event type; the rest is its payload. */
export interface Command extends JsonObject {
	cmdId: string;
	type: string;
	by: string;
	/** It was sent before under this `cmdId`, and not answered: a refusal is final for the earlier copies, too. */
	repeat?: boolean;
}

export type Reply = { ok: true; seq: number; phase: string } | { ok: false; error: WireError };

export interface Bus {
	/** Answers commands for one actor from now on. The raw payload is untrusted. */
	serve(ref: ActorRef, answer: (payload: unknown) => Promise<Reply>): Cancel;
}

/** One effect to be done on one named host. The host journals it, so asking twice is harmless. */
export interface JobOrder {
	key: string;
	actor: ActorRef;
	epoch: number;
	token: number;
	effect: string;
	input: Json;
	/** The host to do it on. */
	host: string;
	/** The host to tell the result to. */
	owner: string;
}

/** One line of "What I did": a command line, a written file, a decision and its reason. No secrets. */
export interface Note {
	at: number;
	kind: 'run' | 'write' | 'remove' | 'decide' | 'call';
	text: string;
	ms?: number;
}

export type JobResult = { status: 'done'; output: Json; notes: Note[] } | { status: 'failed'; error: WireError; notes: Note[] };

export type JobAnswer =
	| { status: 'running' }
	/** The host has seen a higher epoch of this actor: the asker is no longer its owner. */
	| { status: 'refused'; epoch: number }
	| JobResult;

export interface JobCompletion {
	actor: ActorRef;
	key: string;
	token: number;
	result: JobResult;
}

export interface Jobs {
	/** Asks `order.host` to start the job or to say how it stands. Rejects with HOST_UNREACHABLE. */
	order(order: JobOrder): Promise<JobAnswer>;
	/**
	 * Asks a host to abort all jobs of the actor whose key is not in `live`. `seq` is the `seq` of the record that
	 * `live` was read from: orders of later steps are left alone, late orders of earlier ones are not begun any more.
	 * Rejects with HOST_UNREACHABLE.
	 */
	retire(host: string, actor: ActorRef, epoch: number, live: string[], seq?: number): Promise<void>;
	/** Completions that hosts push to this owner. Resolving true tells the host that it need not repeat. */
	onCompletion(take: (completion: JobCompletion) => Promise<boolean>): Cancel;
}

export interface Peer {
	host: string;
	incarnation: number;
	/** Machine ids this host can run, for instance `install@1`. */
	machines: string[];
	/** False while the host is draining or shutting down: it adopts nothing. */
	adopting: boolean;
}

/** Who is alive, by confirmed verdicts only. Includes this host. */
export interface Peers {
	alive(): Peer[];
	/** True only after a confirmed verdict; an unknown host counts as dead once `settled()`. */
	isDead(host: string): boolean;
	/** True once this host has listened long enough to judge others. */
	settled(): boolean;
	onChange(listener: () => void): Cancel;
}

/** Facts worth a log line, a metric or an alert. */
export type Observation =
	| { type: 'step'; actor: string; seq: number; event: string; from: string; to: string; ms: number }
	| { type: 'rejected'; actor: string; event: string; code: string }
	| { type: 'staleDropped'; actor: string; event: string }
	| { type: 'adopted'; actor: string; epoch: number; from: string | null }
	| { type: 'handedOver'; actor: string; epoch: number; to: string }
	| { type: 'lostOwnership'; actor: string; epoch: number }
	| { type: 'parked'; actor: string; reason: string }
	| { type: 'commitDoubt'; actor: string; ms: number }
	| { type: 'rolledBackStore'; actor: string; seen: number; found: number }
	| { type: 'unknownVersion'; actor: string; machine: string };

export type Observe = (observation: Observation) => void;

/** What a host says of itself four times a second, on core NATS, from a worker thread. */
export interface Beat {
	host: string;
	incarnation: number;
	/** Sender's wall clock, ms: shows clock skew. */
	at: number;
	machines: string[];
	adopting: boolean;
	/** Sender's connection was interrupted within the last 2 s: it should judge nobody and be judged with care. */
	blinked: boolean;
}

export type HeartbeatNews =
	/** First beat of this incarnation, or its content changed. */
	| { type: 'heard'; beat: Beat; skewMs: number }
	/** No beat for the suspect time (1.5 s). */
	| { type: 'silent'; host: string; incarnation: number; forMs: number }
	/** Beats again after `silent`. */
	| { type: 'back'; beat: Beat }
	/** Own connection lost or restored. */
	| { type: 'link'; connected: boolean };

export interface Heartbeats {
	onNews(listener: (news: HeartbeatNews) => void): Cancel;
	/** Changes what this host says. */
	say(change: Partial<Pick<Beat, 'adopting' | 'machines'>>): void;
	/** Asks a host directly whether it lives; false after 500 ms of silence. */
	ping(host: string): Promise<boolean>;
	/** Asks another host how long ago it heard `about`, ms; null when it does not answer or never did. */
	observe(observer: string, about: string): Promise<number | null>;
	stop(): Promise<void>;
}
