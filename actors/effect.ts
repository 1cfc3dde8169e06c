// What an effect is: named work on one host, safe to run twice with the same key (V5).
import type { z } from 'zod';
import type { ErrorCode } from '../runtime/engine/errors.ts';
import type { Note } from '../runtime/engine/ports.ts';
import type { ActorRef, Json } from '../runtime/engine/record.ts';

/** Live, uncommitted news of a running job; published on `covey.progress.<kind>.<id>`. */
export interface Progress {
	/** What is being done, plain words: "installing 412 packages". */
	step: string;
	/** 0-100, absent when unknown. */
	percent?: number;
	bytes?: number;
	totalBytes?: number;
	etaMs?: number;
	/** Latest output line of the tool that does the work. */
	line?: string;
}

export interface EffectContext {
	key: string;
	actor: ActorRef;
	epoch: number;
	/** 1 on the first try. */
	attempt: number;
	/** Aborted on cancel, timeout, fence or shutdown: stop soon, leave a state that a later run can take up. */
	signal: AbortSignal;
	progress(progress: Progress): void;
	/** A line of "What I did". Never a secret. */
	note(note: Omit<Note, 'at'>): void;
}

export interface Effect<Input = unknown, Output extends Json | void = Json | void> {
	name: string;
	input: z.ZodType<Input>;
	/** Limit for one attempt, ms (V10). */
	timeoutMs: number;
	/** Waits before the 2nd, 3rd, … attempt, ms. Used only for errors whose code says retry. */
	backoffMs: readonly number[];
	/** The code given to errors that carry none. */
	failure: ErrorCode;
	run(input: Input, context: EffectContext): Promise<Output>;
}

// biome-ignore lint/suspicious/noExplicitAny: a registry holds effects of every input type; `input` parses before `run`
export type AnyEffect = Effect<any, any>;
export type EffectRegistry = ReadonlyMap<string, AnyEffect>;

export const BACKOFF = [1_000, 4_000, 16_000] as const;

export function defineEffect<Input, Output extends Json | void>(
	effect: Omit<Effect<Input, Output>, 'backoffMs' | 'failure'> & Partial<Pick<Effect, 'backoffMs' | 'failure'>>,
): Effect<Input, Output> {
	return { backoffMs: BACKOFF, failure: 'EFFECT_FAILED', ...effect };
}
