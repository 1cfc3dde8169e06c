// What the job host needs, offers and tells. jobs.ts does it.
import { z } from 'zod';
import type { EffectRegistry, Progress } from '../../actors/effect.ts';
import type { ErrorCode, WireError } from '../engine/errors.ts';
import type { Clock, JobAnswer, JobCompletion, JobOrder, Rng } from '../engine/ports.ts';
import { type ActorRef, type Json, Name } from '../engine/record.ts';
import type { JobRow, Journal } from './journal.ts';

const Actor = z.object({ kind: Name, id: Name });
const Key = z.string().min(1).max(200);

/** An order as it comes over the wire. */
export const JobOrderShape: z.ZodType<JobOrder> = z.object({
	key: Key,
	actor: Actor,
	epoch: z.number().int().nonnegative(),
	token: z.number().int().nonnegative(),
	effect: z.string().min(1).max(100),
	input: z.json() as z.ZodType<Json>,
	host: Name,
	owner: Name,
});

/** A retirement as it comes over the wire. */
export const RetireShape = z.object({
	actor: Actor,
	epoch: z.number().int().nonnegative(),
	live: z.array(Key),
	seq: z.number().int().nonnegative().optional(),
});

/** Who wants a job: the record's present epoch and owner, or nobody. */
export type Claim = { epoch: number; owner: string } | null;

export interface JobProgress {
	actor: ActorRef;
	key: string;
	effect: string;
	attempt: number;
	at: number;
	progress: Progress;
}

export type JobObservation =
	| { type: 'jobBegan' | 'jobResumed' | 'jobAttached'; key: string; epoch: number; effect: string; attempt: number }
	| { type: 'jobRefused'; key: string; epoch: number; seen: number }
	| { type: 'jobRetry'; key: string; code: ErrorCode; attempt: number; inMs: number }
	| { type: 'jobEnded'; key: string; state: 'done' | 'failed' | 'aborted'; code?: ErrorCode; ms: number }
	| { type: 'jobToldOwner'; key: string; how: 'delivered' | 'superseded' | 'givenUp' }
	/** It did not stop when its time was over; it is left behind. */
	| { type: 'jobStuck'; key: string }
	| { type: 'journalFailed'; error: WireError }
	| { type: 'hostFroze'; forMs: number };

/** Captured output of jobs, by key. Never throws: losing a log line must not fail a job. */
export interface JobLogs {
	append(key: string, line: string): void;
	/** The newest `lines`, oldest first. */
	read(key: string, lines: number): string[];
}

export interface JobHostParts {
	host: string;
	clock: Clock;
	rng: Rng;
	journal: Journal;
	effects: EffectRegistry;
	/** Leader read of the actor's record. Rejects while the store is unavailable. */
	wanted(order: JobOrder): Promise<Claim>;
	/** True once the owner knows the result. Rejecting or false means: again later. */
	push(message: { owner: string; completion: JobCompletion }): Promise<boolean>;
	publishProgress(news: JobProgress): void;
	observe(observation: JobObservation): void;
	logs?: JobLogs;
	/** Takes secrets out of whatever text leaves an effect. */
	redact?(text: string): string;
}

export type RetireAnswer = { status: 'retired'; aborted: string[] } | { status: 'refused'; epoch: number };

export interface JobStatus {
	key: string;
	actor: ActorRef;
	epoch: number;
	effect: string;
	state: JobRow['state'];
	/** What a running job waits for, if it does not work just now. */
	waiting?: Waiting;
	attempts: number;
	/** Wall time before which no attempt begins, ms. */
	nextAt: number;
	created: number;
	ended: number | null;
	progress?: Progress;
	/** The owner knows, or nobody wants to. */
	acked: boolean;
}
export type Waiting = 'retry' | 'store' | 'earlierJob';

export interface JobHost {
	/** Rejects with HOST_UNREACHABLE while shutting down. */
	order(order: JobOrder): Promise<JobAnswer>;
	/** See `Jobs.retire`. Without `seq` every job known now and not in `live` is called off, and nothing is remembered. */
	retire(actor: ActorRef, epoch: number, live: readonly string[], seq?: number): Promise<RetireAnswer>;
	/** Once, at boot: takes up what a predecessor left, after asking for each whether it is still wanted. */
	resume(): void;
	/** Asks again for every running job; for whoever notices that this host was out of touch. */
	reverify(): void;
	/** The newest jobs first, at most `limit` (100). */
	list(limit?: number): JobStatus[];
	/** Takes no more, stops everything; the jobs stay in the journal for the next start. Resolves when all have stopped. */
	drain(): Promise<void>;
	/** For the simulator: the process is gone. Nothing is written, told or begun any more. */
	kill(): void;
}
