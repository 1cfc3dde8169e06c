// The effects of an actor's record: each is asked for again and again until its result is in the mailbox, and called off when the
// record has it no longer.
import { pause } from './commit.ts';
import type { Clock, JobAnswer, JobOrder, JobResult, Jobs, Rng } from './ports.ts';
import { newPursuit, type Pursuit } from './pursuit.ts';
import type { ActorRecord, ActorRef, Owner, PendingEffect } from './record.ts';
import type { EndedEffect } from './step.ts';

export interface PursuitsParts {
	ref: ActorRef;
	self: Owner;
	clock: Clock;
	jobs: Jobs;
	rng: Rng;
	/** The record as committed last. */
	record(): ActorRecord;
	/** The result of an effect, for the mailbox. */
	finished(effect: PendingEffect, result: JobResult): Promise<unknown>;
	/** A host has seen a higher epoch than ours: somebody adopted this actor while we slept. */
	verifyOwnership(): Promise<void>;
}

export interface Pursuits {
	/** Begins what the record wants, gives up what it wants no longer; parked: everything. */
	follow(): void;
	/** Tells the hosts which jobs a step has ended. */
	callOff(ended: readonly EndedEffect[]): void;
	end(): void;
}

const RECHECK_MS = 5_000;
const ORDER_WAIT_FIRST_MS = 200;
const ORDER_WAIT_LONGEST_MS = 5_000;
const RETIRE_TRIES = 8;

export function createPursuits(parts: PursuitsParts): Pursuits {
	const { ref, self, clock, jobs, rng, record } = parts;
	const pursuits = new Map<string, Pursuit>();
	let ended = false;

	return {
		follow() {
			const wanted = Object.values(ended || record().parked ? {} : record().effects);
			for (const [key, pursuit] of pursuits) {
				if (wanted.some((effect) => effect.key === key)) continue;
				pursuit.end();
				pursuits.delete(key);
			}
			for (const effect of wanted) {
				if (pursuits.has(effect.key)) continue;
				const pursuit = newPursuit(clock);
				pursuits.set(effect.key, pursuit);
				void pursue(effect, pursuit);
			}
		},
		callOff(effects) {
			for (const host of new Set(effects.map(({ effect }) => effect.host ?? self.host))) void retireOn(host);
		},
		end() {
			ended = true;
			for (const pursuit of pursuits.values()) pursuit.end();
			pursuits.clear();
		},
	};

	/** Hosts die, answers get lost (V5). */
	async function pursue(effect: PendingEffect, pursuit: Pursuit): Promise<void> {
		for (let wait = ORDER_WAIT_FIRST_MS; !pursuit.ended(); ) {
			const answer = await ask(orderOf(effect));
			if (pursuit.ended()) return;
			if (answer === 'unreachable') {
				await pursuit.wait(wait * (0.75 + rng() / 2));
				wait = Math.min(wait * 2, ORDER_WAIT_LONGEST_MS);
			} else if (answer.status === 'refused') {
				await parts.verifyOwnership();
				await pursuit.wait(ORDER_WAIT_LONGEST_MS);
			} else if (answer.status === 'running') {
				wait = ORDER_WAIT_FIRST_MS;
				await pursuit.wait(RECHECK_MS * (0.75 + rng() / 2));
			} else {
				await parts.finished(effect, answer);
				return;
			}
		}
	}

	async function ask(order: JobOrder): Promise<JobAnswer | 'unreachable'> {
		try {
			return await jobs.order(order);
		} catch {
			// Unreachable or restarting: the machine's own timeout decides when that is too long.
			return 'unreachable';
		}
	}

	function orderOf({ src, input, key, token, host }: PendingEffect): JobOrder {
		const { epoch } = record();
		return { key, actor: ref, epoch, token, effect: src, input, host: host ?? self.host, owner: self.host };
	}

	async function retireOn(host: string): Promise<void> {
		for (
			let wait = ORDER_WAIT_FIRST_MS, tries = 0;
			!ended && tries < RETIRE_TRIES;
			wait = Math.min(wait * 2, ORDER_WAIT_LONGEST_MS), tries++
		) {
			try {
				const { epoch, effects, seq } = record();
				const live = Object.values(effects).map(({ key }) => key);
				return await jobs.retire(host, ref, epoch, live, seq);
			} catch {
				// A host that stays away asks by itself whether its jobs are still wanted when it returns.
				await pause(clock, wait);
			}
		}
	}
}
