// The life of one member of the cluster, from its joining to its leaving.
//
// Each effect looks before it acts, so any of them may be killed and run again (V5). Out of the cluster leads one way: the
// actors first, then the vote, and the membership last, so that a host killed in between is still a member that can go on.
import { assign, setup } from 'xstate';
import type { WireError } from '../../runtime/engine/errors.ts';
import { effect } from '../effect.ts';
import type { HostContext } from './context.ts';
import type { HostCommand, HostFact, HostInput, Moved, Staying } from './contract.ts';

type Stamped<E> = E & { at: number; by: string };
type Member = { member: string };

export const hostMachine = setup({
	types: {
		context: {} as HostContext,
		input: {} as HostInput & { id: string },
		events: {} as Stamped<HostCommand> | Stamped<HostFact>,
	},
	actors: {
		drainHost: effect<Member, { moved: Moved[]; stays: Staying[] }>(),
		/** Refuses with APPS_STAY, HOST_STILL_UP or LAST_HOST. */
		assessDeparture: effect<Member & { how: 'leave' | 'forget'; force: boolean }, void>(),
		handOver: effect<{ host: string }, void>(),
		excludeVoter: effect<Member, void>(),
		includeVoter: effect<Member, void>(),
		/** The host writes down that it has left: it will not start any more. */
		noteDeparture: effect<{ host: string }, void>(),
		forgetMember: effect<Member, void>(),
	},
	guards: {
		isLeaving: ({ context }) => context.wish === 'leave',
		cameFromCordoned: ({ context }) => context.from === 'cordoned',
		cameFromDrained: ({ context }) => context.from === 'drained',
		wasDraining: ({ context }) => context.wish === 'drain',
		canRetryDrain: ({ context }) => context.failure !== null && context.wish === 'drain',
		canRetryDeparture: ({ context }) => context.failure !== null && (context.wish === 'leave' || context.wish === 'forget'),
		isUnwelcomeReturn: ({ context, event }) =>
			event.type === 'host.returned' && event.host === context.host && context.wish === 'forget',
	},
	delays: {
		drainTimeout: 1_800_000,
		checkTimeout: 60_000,
		handOverTimeout: 120_000,
		excludeTimeout: 1_800_000,
		noteTimeout: 60_000,
		againDelay: 15_000,
	},
	actions: {
		fail: assign(({ event }) => ({ failure: (event as unknown as { error: WireError }).error, departing: false })),
		failByTimeout: assign(({ event }) => ({
			departing: false,
			failure: {
				code: 'EFFECT_TIMEOUT',
				message: `It took too long (${event.type.replace(/^xstate\.after\./, '')}).`,
				next: 'See `covey show` for what it was doing; then ask again.',
			} as WireError,
		})),
		failByReturn: assign(({ context }) => ({
			departing: false,
			failure: {
				code: 'HOST_STILL_UP',
				message: `${context.host} came back while it was being forgotten.`,
				next: `Let it leave by itself: \`covey leave ${context.host}\`.`,
			} as WireError,
		})),
		calm: assign({ failure: null, wish: null, departing: false }),
		wishDrain: assign({ wish: 'drain', failure: null, moved: [], stays: [] }),
		wishDeparture: assign(({ event, context }) => ({
			failure: null,
			wish: event.type === 'host.leave' ? 'leave' : event.type === 'host.forget' ? 'forget' : context.wish,
			force: 'force' in event ? event.force : context.force,
		})),
		callOff: assign({ failure: null, departing: false }),
		depart: assign({ departing: true }),
		noteDeparted: assign(({ event }) => ({ departedAt: event.at })),
	},
}).createMachine({
	id: 'host@1',
	context: ({ input }) => ({
		host: input?.id ?? '',
		wish: null,
		force: false,
		from: 'member',
		departing: false,
		moved: [],
		stays: [],
		failure: null,
		departedAt: null,
	}),
	initial: 'member',
	states: {
		member: {
			entry: assign({ from: 'member' }),
			on: {
				'host.cordon': { target: 'cordoned', actions: 'calm' },
				'host.drain': { target: 'draining', actions: 'wishDrain' },
				'host.leave': { target: 'checking', actions: 'wishDeparture' },
				'host.forget': { target: 'checking', actions: 'wishDeparture' },
				'host.retry': { guard: 'canRetryDeparture', target: 'checking', actions: 'wishDeparture' },
			},
		},
		cordoned: {
			entry: assign({ from: 'cordoned' }),
			on: {
				'host.uncordon': { target: 'member', actions: 'calm' },
				'host.undrain': { guard: 'wasDraining', target: 'member', actions: 'calm' },
				'host.drain': { target: 'draining', actions: 'wishDrain' },
				'host.leave': { target: 'checking', actions: 'wishDeparture' },
				'host.forget': { target: 'checking', actions: 'wishDeparture' },
				'host.retry': [
					{ guard: 'canRetryDrain', target: 'draining', actions: 'wishDrain' },
					{ guard: 'canRetryDeparture', target: 'checking', actions: 'wishDeparture' },
				],
			},
		},
		draining: {
			invoke: {
				id: 'drainHost',
				src: 'drainHost',
				input: ({ context }) => ({ member: context.host }),
				onDone: [
					{
						guard: ({ event }) => event.output.stays.length === 0,
						target: 'drained',
						actions: assign(({ event }) => ({ moved: event.output.moved, stays: [] })),
					},
					{
						target: 'cordoned',
						actions: assign(({ context, event: { output } }) => ({
							...output,
							failure: staysFailure(context.host, output.stays),
						})),
					},
				],
				onError: { target: 'cordoned', actions: 'fail' },
			},
			after: { drainTimeout: { target: 'cordoned', actions: 'failByTimeout' } },
			on: {
				'host.cancel': [
					{ guard: 'cameFromCordoned', target: 'cordoned', actions: 'calm' },
					{ guard: 'cameFromDrained', target: 'drained', actions: 'calm' },
					{ target: 'member', actions: 'calm' },
				],
				'host.undrain': { target: 'member', actions: 'calm' },
			},
		},
		drained: {
			entry: assign({ from: 'drained' }),
			on: {
				'host.undrain': { target: 'member', actions: 'calm' },
				'host.uncordon': { target: 'member', actions: 'calm' },
				'host.drain': { target: 'draining', actions: 'wishDrain' },
				'host.leave': { target: 'checking', actions: 'wishDeparture' },
				'host.forget': { target: 'checking', actions: 'wishDeparture' },
				'host.retry': { guard: 'canRetryDeparture', target: 'checking', actions: 'wishDeparture' },
			},
		},
		/** May it go? Nothing is changed yet. */
		checking: {
			invoke: {
				id: 'assessDeparture',
				src: 'assessDeparture',
				input: ({ context: { host, wish, force } }) => ({ member: host, how: wish === 'forget' ? 'forget' : 'leave', force }),
				onDone: [{ guard: 'isLeaving', target: 'handingOver' }, { target: 'excluding' }],
				onError: { target: 'givingUp', actions: 'fail' },
			},
			after: { checkTimeout: { target: 'givingUp', actions: 'failByTimeout' } },
			on: { 'host.cancel': { target: 'givingUp', actions: 'calm' } },
		},
		/** A host that dies now is not gone: it can be forgotten instead. */
		handingOver: {
			entry: 'depart',
			invoke: {
				id: 'handOver',
				src: 'handOver',
				input: ({ context }) => ({ host: context.host }),
				onDone: 'excluding',
				onError: { target: 'givingUp', actions: 'fail' },
			},
			after: { handOverTimeout: { target: 'givingUp', actions: 'failByTimeout' } },
			on: { 'host.cancel': { target: 'givingUp', actions: 'calm' } },
		},
		excluding: {
			entry: 'depart',
			invoke: {
				id: 'excludeVoter',
				src: 'excludeVoter',
				input: ({ context }) => ({ member: context.host }),
				onDone: [{ guard: 'isLeaving', target: 'noting' }, { target: 'removing' }],
				onError: { target: 'readmitting', actions: 'fail' },
			},
			after: { excludeTimeout: { target: 'readmitting', actions: 'failByTimeout' } },
			on: {
				'host.cancel': { target: 'readmitting', actions: 'callOff' },
				'host.returned': { guard: 'isUnwelcomeReturn', target: 'readmitting', actions: 'failByReturn' },
			},
		},
		/** It stays: it may vote again. */
		readmitting: {
			invoke: {
				id: 'includeVoter',
				src: 'includeVoter',
				input: ({ context }) => ({ member: context.host }),
				onDone: 'givingUp',
				onError: 'givingUp',
			},
			after: { noteTimeout: 'givingUp' },
		},
		/** Once it is no member it cannot be told any more. A host that died after giving up its vote needs not be told. */
		noting: {
			invoke: {
				id: 'noteDeparture',
				src: 'noteDeparture',
				input: ({ context }) => ({ host: context.host }),
				onDone: 'removing',
				onError: 'removing',
			},
			after: { noteTimeout: 'removing' },
		},
		/** From here on there is no way back. */
		removing: {
			invoke: {
				id: 'forgetMember',
				src: 'forgetMember',
				input: ({ context }) => ({ member: context.host }),
				onDone: [
					{ guard: 'isLeaving', target: 'left', actions: 'noteDeparted' },
					{ target: 'forgotten', actions: 'noteDeparted' },
				],
				onError: 'removingAgain',
			},
		},
		removingAgain: {
			after: { againDelay: 'removing' },
			on: { 'host.retry': 'removing' },
		},
		givingUp: {
			always: [
				{ guard: 'cameFromCordoned', target: 'cordoned' },
				{ guard: 'cameFromDrained', target: 'drained' },
				{ target: 'member' },
			],
		},
		left: { type: 'final' },
		forgotten: { type: 'final' },
	},
});

function staysFailure(host: string, stays: readonly Staying[]): WireError {
	const words = stays.map(({ instance, why }) => `${instance} (${why})`).join(', ');
	return {
		code: 'APPS_STAY',
		message: `${stays.length} app${stays.length === 1 ? '' : 's'} cannot be moved off ${host}: ${words}.`,
		next: 'They go on where they are. Remove what is not needed, then drain again; or undrain.',
	};
}
