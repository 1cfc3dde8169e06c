// What the command line needs of a cluster; covey.ts plugs in the NATS one.

import type { CreateInstall, LogRow, ProgressNews, Question, QuestionInput, QuestionOutput } from '../api/contract.ts';
import type { Reply } from '../engine/ports.ts';
import type { ActorRecord, ActorRef } from '../engine/record.ts';
import type { RecoveryPlan } from '../host/recovery-plan.ts';

export interface Client {
	/** Rejects with a CoveyError; NO_ANSWER when no host answers. */
	ask<Q extends Question>(question: Q, input: QuestionInput<Q>): Promise<QuestionOutput<Q>>;
	/** What was answered last is as it was known at that time, ms; null: it is of now. */
	staleSince?(): number | null;
	create(kind: 'install', request: Omit<CreateInstall, 'cmdId'>): Promise<Extract<Reply, { ok: true }>>;
	/** Sent again with the same cmdId until it is answered or the deadline is over. */
	command(ref: ActorRef, command: { type: string; [field: string]: unknown }): Promise<Extract<Reply, { ok: true }>>;
	/** Each committed record of the actor from now on. */
	watchActor(ref: ActorRef, onRecord: (record: ActorRecord) => void): () => void;
	watchProgress(ref: ActorRef, onProgress: (news: ProgressNews) => void): () => void;
	watchLogs(host: string, instance: string, onLine: (line: LogRow) => void): () => void;
	close(): Promise<void>;
}

/** Opens a connection to the local host whose data directory is `dataDir` (a demo's directory counts as its first live host). */
export type OpenClient = (dataDir: string) => Promise<Client>;

export interface RunHost {
	dataDir: string;
	/** Null: this machine's name. */
	name: string | null;
	/** Null: this machine's address on its network. */
	bind: string | null;
	witness: boolean;
	json: boolean;
}

export interface RecoverAnswer {
	host: string;
	done: boolean;
	/** The new one; null as long as nothing was done. */
	cluster: string | null;
	forgotten: { host: string }[];
	/** Where what was there before is kept. */
	before: string;
	/** Null when one that was begun before was only finished. */
	plan: RecoveryPlan | null;
}

/** Verbs that covey.ts wires. The first three run until SIGTERM or SIGINT. They resolve with the exit code. */
export interface Runners {
	up(options: RunHost): Promise<number>;
	join(options: RunHost & { token: string; peers: string[] }): Promise<number>;
	demo(options: { dataDir: string; hosts: number; secure: boolean; json: boolean }): Promise<number>;
	/** Without `yes` it only finds out what would be lost. */
	recover(options: { dataDir: string; yes: boolean }): Promise<RecoverAnswer>;
	/** `host`: as the person called it. */
	abandon(options: { dataDir: string; host: string | null; json: boolean; print(text: string): void }): Promise<number>;
}
