// What a host needs of the network beside the engine's ports. covey.ts plugs in NATS.
import type { Bus, Command, Documents, Heartbeats, JobAnswer, JobCompletion, JobOrder, Jobs, Store } from '../engine/ports.ts';
import type { ActorRef, Stored } from '../engine/record.ts';

export interface Links {
	store: Store;
	documents: Documents;
	bus: Bus;
	jobs: Jobs;
	heartbeats: Heartbeats;
	/** Answers job orders of owners from now on. */
	serveJobs(target: {
		order(order: JobOrder): Promise<JobAnswer>;
		retire(actor: ActorRef, epoch: number, live: string[], seq: number): Promise<void>;
	}): () => void;
	/** Says something to an actor until it is answered. Rejects with its refusal, or UNKNOWN_ACTOR. */
	command(ref: ActorRef, command: Command): Promise<unknown>;
	pushCompletion(owner: string, completion: JobCompletion): Promise<boolean>;
	/** Fire and forget: progress, events, log lines. Dropped while disconnected. */
	publish(subject: Subject, payload: object): void;
	/** Answers `covey.q.<name>`: one host of the cluster answers each. */
	question(name: string, answer: (payload: unknown) => Promise<unknown>): void;
	/** Answers `covey.create.<kind>`. */
	creation(kind: string, answer: (payload: unknown) => Promise<unknown>): void;
	/** What only one host can answer, for instance its logs. Rejects with HOST_UNREACHABLE. */
	askHost(host: string, payload: object): Promise<unknown>;
	serveAsk(answer: (payload: unknown) => Promise<unknown>): void;
	/** An actor's committed records, oldest first; `whole` is false when earlier ones cannot be had now. */
	timeline(ref: ActorRef, limit: number): Promise<{ records: Stored[]; whole: boolean }>;
}

export type Subject =
	| { type: 'progress'; actor: ActorRef }
	| { type: 'event'; event: string }
	| { type: 'log'; host: string; unit: string };
