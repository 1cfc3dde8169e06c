// Who holds the cluster's data: grows, shrinks and replaces the voters, one change at a time.
//
// Each change is an effect that looks before it acts, so it may be killed anywhere and run again (V5); after each the whole
// cluster is looked at anew. A host that could not become a voter is taken back to what it was, and avoided for a while.
import { assign, setup } from 'xstate';
import type { WireError } from '../../runtime/engine/errors.ts';
import { effect } from '../effect.ts';
import { type Choice, choose } from './choose.ts';
import type { Survey, VotersContext } from './context.ts';
import type { VotersCommand, VotersFact, VotersInput } from './contract.ts';
import { considered } from './situation.ts';

type Stamped<E> = E & { at: number; by: string };
type Demotion = { host: string; member: string; server: string; to: string };

const AVOID_MS = 10 * 60_000;
const MAX_REPEATS = 4;
/** What people ask while nothing is being changed is considered at once. */
const ASKED_AT_REST = {
	'voters.check': 'deciding',
	'voters.exclude': { target: 'deciding', actions: 'exclude' },
	'voters.include': { target: 'deciding', actions: 'include' },
	'voters.want': { target: 'deciding', actions: 'want' },
} as const;

export const votersMachine = setup({
	types: {
		context: {} as VotersContext,
		input: {} as VotersInput & { id: string },
		events: {} as Stamped<VotersCommand> | Stamped<VotersFact>,
	},
	actors: {
		readVoters: effect<Record<string, never>, Survey>(),
		/** Runs on the host that becomes a voter. */
		promoteHost: effect<{ host: string }, void>(),
		setCopies: effect<{ host: string; copies: number; keep: string | null }, void>(),
		/** Runs on a voter that stays; says whether the other one is up. */
		demoteHost: effect<Demotion, { up: boolean }>(),
		/** Runs on the host that is no voter any more. */
		settleAsLeaf: effect<{ host: string; server: string }, void>(),
	},
	guards: {
		mustLookElsewhere: ({ event }) => outputOf<Survey>(event).seen === null,
		isInVain: ({ context }) => context.repeats >= MAX_REPEATS,
		isPromotion: ({ context }) => context.choice?.change === 'promote',
		isReplication: ({ context }) => context.choice?.change === 'replicate',
		isDemotion: ({ context }) => context.choice?.change === 'demote',
		isSettling: ({ context }) => context.choice?.change === 'settle',
		isWaiting: ({ context }) => context.choice?.change === 'none' && context.choice.waiting,
		isUp: ({ event }) => outputOf<{ up: boolean }>(event).up,
		hasFailed: ({ context }) => context.failure !== null,
	},
	delays: {
		readTimeout: 120_000,
		seatDelay: 3_000,
		promoteTimeout: 300_000,
		copiesTimeout: 1_200_000,
		demoteTimeout: 900_000,
		settleTimeout: 300_000,
		/** The owner's host tells when something is due; this is for the case that it does not. */
		lookAgain: 600_000,
		/** 15 s, doubling to 10 min. */
		tryAgain: ({ context }) => Math.min(600_000, 15_000 * 2 ** Math.min(context.failures - 1, 6)),
	},
	actions: {
		takeSeat: assign(({ event }) => ({ seat: outputOf<Survey>(event).seat })),
		decide: assign(({ context, event }) => {
			const { seat, seen } = outputOf<Survey>(event);
			if (!seen) return { seat };
			const members = new Set(seen.members.map(({ host }) => host));
			const kept = {
				excluded: context.excluded.filter((host) => members.has(host)),
				avoided: Object.fromEntries(Object.entries(context.avoided).filter(([, until]) => until > event.at)),
			};
			const choice = choose(considered(seen, { ...context, ...kept }, event.at));
			return {
				...kept,
				seat,
				choice,
				repeats: choice.change !== 'none' && isSame(choice, context.choice) ? context.repeats + 1 : 0,
				voters: seen.members.filter(({ counted }) => counted).map(({ host, offlineSince }) => ({ host, offlineSince })),
				copies: seen.copies.lowest,
			};
		}),
		fail: assign(({ context, event }) => ({
			failure: (event as unknown as { error: WireError }).error,
			failures: context.failures + 1,
		})),
		failByTimeout: assign(({ context, event }) => ({
			failures: context.failures + 1,
			failure: {
				code: 'EFFECT_TIMEOUT',
				message: `It took too long (${event.type.replace(/^xstate\.after\./, '')}).`,
				next: 'It is tried again by itself; `covey show voters/cluster` says what it was doing.',
			} as WireError,
		})),
		failInVain: assign(({ context }) => ({
			repeats: 0,
			failures: context.failures + 1,
			failure: {
				code: 'EFFECT_FAILED',
				message: 'It was done several times, and changed nothing.',
				next: 'It is tried again by itself; `covey doctor` says what is wrong with the voters.',
			} as WireError,
		})),
		avoid: assign(({ context, event }) => {
			const host = chosen(context, 'promote')?.host;
			return host ? { avoided: { ...context.avoided, [host]: event.at + AVOID_MS } } : {};
		}),
		succeed: assign({ failure: null, failures: 0 }),
		forgetFailure: assign({ failure: null }),
		avoidNobody: assign({ avoided: {} }),
		exclude: assign(({ context, event }) =>
			event.type === 'voters.exclude' && !context.excluded.includes(event.host)
				? { excluded: [...context.excluded, event.host].sort() }
				: {},
		),
		include: assign(({ context, event }) =>
			event.type === 'voters.include' ? { excluded: context.excluded.filter((host) => host !== event.host) } : {},
		),
		want: assign(({ event }) => (event.type === 'voters.want' ? { wanted: event.voters } : {})),
	},
}).createMachine({
	id: 'voters@1',
	context: ({ input }) => ({
		wanted: input?.wanted ?? 3,
		excluded: [],
		avoided: {},
		seat: null,
		voters: [],
		copies: null,
		choice: null,
		repeats: 0,
		failure: null,
		failures: 0,
	}),
	initial: 'deciding',
	// While a change is going on these are remembered, and considered after it.
	on: {
		'voters.exclude': { actions: 'exclude' },
		'voters.include': { actions: 'include' },
		'voters.want': { actions: 'want' },
	},
	states: {
		deciding: {
			invoke: {
				id: 'readVoters',
				src: 'readVoters',
				input: {},
				onDone: [
					{ guard: 'mustLookElsewhere', target: 'seating', actions: 'takeSeat' },
					{ target: 'turning', actions: 'decide' },
				],
				onError: { target: 'failed', actions: 'fail' },
			},
			after: { readTimeout: { target: 'failed', actions: 'failByTimeout' } },
		},
		/** Owned by a host that is no voter: the seat takes it over, or becomes another one. */
		seating: {
			after: { seatDelay: 'deciding' },
			on: { 'voters.check': 'deciding' },
		},
		turning: {
			always: [
				{ guard: 'isInVain', target: 'failed', actions: 'failInVain' },
				{ guard: 'isPromotion', target: 'promoting' },
				{ guard: 'isReplication', target: 'replicating' },
				{ guard: 'isDemotion', target: 'demoting' },
				{ guard: 'isSettling', target: 'settling' },
				{ guard: 'isWaiting', target: 'waiting' },
				{ target: 'steady' },
			],
		},
		steady: {
			entry: 'succeed',
			after: { lookAgain: 'deciding' },
			on: { 'voters.due': 'deciding', ...ASKED_AT_REST },
		},
		waiting: {
			after: { lookAgain: 'deciding' },
			on: { 'voters.due': 'deciding', ...ASKED_AT_REST },
		},
		promoting: {
			entry: 'forgetFailure',
			invoke: {
				id: 'promoteHost',
				src: 'promoteHost',
				input: ({ context }) => ({ host: chosen(context, 'promote')?.host ?? '' }),
				onDone: 'deciding',
				onError: { target: 'withdrawing', actions: ['fail', 'avoid'] },
			},
			after: { promoteTimeout: { target: 'withdrawing', actions: ['failByTimeout', 'avoid'] } },
		},
		/** It may have got half way: it is taken out of the group, if it is in it, and becomes a leaf again. */
		withdrawing: {
			invoke: {
				id: 'demoteHost',
				src: 'demoteHost',
				input: ({ context }) => demotionOf(context),
				onDone: [{ guard: 'isUp', target: 'settling' }, { target: 'failed' }],
				onError: 'failed',
			},
			after: { demoteTimeout: 'failed' },
		},
		replicating: {
			entry: 'forgetFailure',
			invoke: {
				id: 'setCopies',
				src: 'setCopies',
				input: ({ context }) => {
					const { by, copies, keep } = chosen(context, 'replicate') ?? { by: '', copies: 1, keep: null };
					return { host: by, copies, keep };
				},
				onDone: 'deciding',
				onError: { target: 'failed', actions: 'fail' },
			},
			after: { copiesTimeout: { target: 'failed', actions: 'failByTimeout' } },
		},
		demoting: {
			entry: 'forgetFailure',
			invoke: {
				id: 'demoteHost',
				src: 'demoteHost',
				input: ({ context }) => demotionOf(context),
				onDone: [{ guard: 'isUp', target: 'settling' }, { target: 'deciding' }],
				onError: { target: 'failed', actions: 'fail' },
			},
			after: { demoteTimeout: { target: 'failed', actions: 'failByTimeout' } },
		},
		/** A host that dies now settles by itself when it returns: its member document says so. */
		settling: {
			invoke: {
				id: 'settleAsLeaf',
				src: 'settleAsLeaf',
				input: ({ context: { choice } }) => ({
					host: choice && 'host' in choice ? choice.host : '',
					server: choice && 'server' in choice ? choice.server : '',
				}),
				onDone: [{ guard: 'hasFailed', target: 'failed' }, { target: 'deciding' }],
				onError: { target: 'failed', actions: 'fail' },
			},
			after: { settleTimeout: { target: 'failed', actions: 'failByTimeout' } },
			// The host went away meanwhile: it sees by itself that it votes no more, should it come back.
			on: { 'voters.due': 'deciding' },
		},
		failed: {
			after: { tryAgain: 'deciding' },
			on: {
				'voters.retry': { target: 'deciding', actions: 'avoidNobody' },
				...ASKED_AT_REST,
			},
		},
	},
});

const outputOf = <Output>(event: unknown): Output => (event as { output: Output }).output;

function chosen<Change extends Choice['change']>(
	context: VotersContext,
	change: Change,
): Extract<Choice, { change: Change }> | null {
	return context.choice?.change === change ? (context.choice as Extract<Choice, { change: Change }>) : null;
}

const isSame = (choice: Choice, before: Choice | null): boolean =>
	JSON.stringify({ ...choice, reason: '' }) === JSON.stringify({ ...before, reason: '' });

function demotionOf(context: VotersContext): Demotion {
	const demotion = chosen(context, 'demote');
	if (demotion) return { host: demotion.to, member: demotion.host, server: demotion.server, to: demotion.to };
	const promotion = chosen(context, 'promote');
	const seat = context.seat ?? '';
	return { host: seat, member: promotion?.host ?? '', server: promotion?.server ?? '', to: seat };
}
