// An errand: work with retries and a limit, restarted while a completion of the attempt before is on its way, undone
// on cancel.
import { assign, fromPromise, setup } from 'xstate';
import type { Json } from '../../runtime/engine/record.ts';

export interface ErrandContext {
	hosts: string[];
	home: string | null;
	/** Tags of the commands applied. */
	log: string[];
	/** Outputs of completed work. */
	results: Json[];
	tries: number;
	rounds: number;
}

interface ErrandInput {
	hosts?: string[];
	home?: string | null;
}

type ErrandEvent =
	| { type: 'ADD' | 'START' | 'CANCEL' | 'RESTART' | 'AGAIN' | 'FINISH' | 'nudged'; tag: string }
	| { type: 'host.lost' | 'host.returned'; host: string };

const effect = fromPromise<Json, { host: string; round: number }>(async () => null);

const log = ({ context, event }: { context: ErrandContext; event: ErrandEvent }) => [
	...context.log,
	'tag' in event ? event.tag : '',
];
const workInput = ({ context }: { context: ErrandContext }) => ({
	host: context.hosts[context.rounds % context.hosts.length] ?? '',
	round: context.rounds,
});

export const errand = setup({
	types: { context: {} as ErrandContext, events: {} as ErrandEvent, input: {} as ErrandInput },
	actors: { work: effect, undo: effect },
	actions: { note: assign({ log }) },
	delays: { queueLimit: 3_000, workLimit: 6_000, backoff: 800, failedRest: 4_000, rest: 1_500, undoRetry: 700 },
}).createMachine({
	id: 'errand@1',
	context: ({ input }) => ({ hosts: input?.hosts ?? [], home: input?.home ?? null, log: [], results: [], tries: 0, rounds: 0 }),
	initial: 'queued',
	on: { nudged: { actions: 'note' } },
	states: {
		queued: {
			on: {
				START: { target: 'working', actions: 'note' },
				ADD: { actions: 'note' },
				CANCEL: { target: 'cancelled', actions: 'note' },
			},
			after: { queueLimit: 'working' },
		},
		working: {
			invoke: {
				id: 'work',
				src: 'work',
				input: workInput,
				onDone: {
					target: 'resting',
					actions: assign({
						results: ({ context, event }) => [...context.results, event.output],
						tries: 0,
						rounds: ({ context }) => context.rounds + 1,
					}),
				},
				onError: [
					{
						guard: ({ context }) => context.tries < 2,
						target: 'backingOff',
						actions: assign({ tries: ({ context }) => context.tries + 1 }),
					},
					{ target: 'failed', actions: assign({ tries: 0 }) },
				],
			},
			on: {
				ADD: { actions: 'note' },
				RESTART: { target: 'working', reenter: true, actions: 'note' },
				CANCEL: { target: 'undoing', actions: 'note' },
			},
			after: { workLimit: { target: 'backingOff', actions: assign({ tries: ({ context }) => context.tries + 1 }) } },
		},
		backingOff: {
			on: {
				ADD: { actions: 'note' },
				RESTART: { target: 'working', actions: 'note' },
				CANCEL: { target: 'undoing', actions: 'note' },
			},
			after: { backoff: 'working' },
		},
		failed: {
			on: { ADD: { actions: 'note' }, CANCEL: { target: 'undoing', actions: 'note' } },
			after: { failedRest: { target: 'working', actions: assign({ rounds: ({ context }) => context.rounds + 1 }) } },
		},
		resting: {
			on: { ADD: { actions: 'note' } },
			after: { rest: [{ guard: ({ context }) => context.rounds < 3, target: 'working' }, { target: 'idle' }] },
		},
		idle: {
			on: {
				ADD: { actions: 'note' },
				AGAIN: { target: 'working', actions: 'note' },
				FINISH: { target: 'finished', actions: 'note' },
				CANCEL: { target: 'undoing', actions: 'note' },
			},
		},
		undoing: {
			invoke: { id: 'undo', src: 'undo', input: workInput, onDone: 'cancelled', onError: 'undoWaiting' },
			on: { ADD: { actions: 'note' } },
		},
		undoWaiting: { after: { undoRetry: 'undoing' } },
		cancelled: { type: 'final' },
		finished: { type: 'final' },
	},
});
