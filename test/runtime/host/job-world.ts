// A job host with everything around it in the test's hand.
import { z } from 'zod';
import { type AnyEffect, defineEffect, type EffectContext } from '../../../actors/effect.ts';
import type { JobCompletion, JobOrder } from '../../../runtime/engine/ports.ts';
import { refText } from '../../../runtime/engine/record.ts';
import type { Claim, JobHostParts, JobObservation, JobProgress } from '../../../runtime/host/job-contract.ts';
import { createJobHost } from '../../../runtime/host/jobs.ts';
import { type Journal, memoryJournal } from '../../../runtime/host/journal.ts';
import { manualClock } from './manual-clock.ts';

export interface Run {
	context: EffectContext;
	succeed(output?: null | string): void;
	fail(error: unknown): void;
}

export function jobWorld(options: { journal?: Journal; effect?: Partial<AnyEffect>; parts?: Partial<JobHostParts> } = {}) {
	const clock = manualClock();
	const journal = options.journal ?? memoryJournal();
	const runs: Run[] = [];
	const pushed: { owner: string; completion: JobCompletion }[] = [];
	const progress: JobProgress[] = [];
	const seen: JobObservation[] = [];
	const world = {
		/** What owners say to a push. */
		knows: true as boolean | Error,
		/** What the record says. */
		claim: { epoch: 1, owner: 'alder' } as Claim | Error,
		asked: 0,
	};
	const work = defineEffect({
		name: 'work',
		input: z.object({ n: z.number() }),
		timeoutMs: 60_000,
		run: (_input, context) =>
			new Promise<null | string>((succeed, fail) => {
				runs.push({ context, succeed: (output = null) => succeed(output), fail });
			}),
		...options.effect,
	});
	const create = () =>
		createJobHost({
			host: 'birch',
			clock,
			rng: () => 0.5,
			journal,
			effects: new Map([[work.name, work]]),
			async push(message) {
				pushed.push(message);
				if (world.knows instanceof Error) throw world.knows;
				return world.knows;
			},
			async wanted() {
				world.asked++;
				if (world.claim instanceof Error) throw world.claim;
				return world.claim;
			},
			publishProgress: (news) => progress.push(news),
			observe: (observation) => seen.push(observation),
			...options.parts,
		});
	return { clock, journal, runs, pushed, progress, seen, world, create, host: create() };
}

export function orderFor(change: Partial<JobOrder> = {}): JobOrder {
	const actor = change.actor ?? { kind: 'install', id: 'wiki' };
	const token = change.token ?? 1;
	const key = `${refText(actor)}/build/${token}`;
	return { key, actor, epoch: 1, token, effect: 'work', input: { n: 1 }, host: 'birch', owner: 'alder', ...change };
}

export const first = <T>(items: readonly T[]): T => {
	const [item] = items;
	if (item === undefined) throw new Error('nothing there yet');
	return item;
};
