// A fan: two effects at once on two named hosts, each with its own retries, under one deadline.
import { assign, fromPromise, setup } from 'xstate';
import type { Json } from '../../runtime/engine/record.ts';

export interface FanContext {
	hosts: string[];
	home: string | null;
	log: string[];
	results: Json[];
}

type FanEvent = { type: 'ADD' | 'CANCEL' | 'nudged'; tag: string };

const effect = fromPromise<Json, { host: string; round: number }>(async () => null);
const on =
	(index: number) =>
	({ context }: { context: FanContext }) => ({
		host: context.hosts[index % context.hosts.length] ?? '',
		round: index,
	});
const log = ({ context, event }: { context: FanContext; event: { tag?: string } }) => [...context.log, event.tag ?? ''];
const keep = ({ context, event }: { context: FanContext; event: { output: Json } }) => [...context.results, event.output];

export const fan = setup({
	types: { context: {} as FanContext, events: {} as FanEvent, input: {} as { hosts?: string[]; home?: string | null } },
	actors: { work: effect, undo: effect },
	actions: { note: assign({ log }) },
	delays: { fanLimit: 25_000, retryA: 600, retryB: 900, undoRetry: 700 },
}).createMachine({
	id: 'fan@1',
	context: ({ input }) => ({ hosts: input?.hosts ?? [], home: input?.home ?? null, log: [], results: [] }),
	initial: 'spread',
	on: { nudged: { actions: 'note' } },
	states: {
		spread: {
			type: 'parallel',
			on: { ADD: { actions: 'note' }, CANCEL: { target: 'undoing', actions: 'note' } },
			after: { fanLimit: 'undoing' },
			onDone: 'joined',
			states: {
				a: {
					initial: 'pulling',
					states: {
						pulling: {
							invoke: {
								id: 'pullA',
								src: 'work',
								input: on(0),
								onDone: { target: 'pulled', actions: assign({ results: keep }) },
								onError: 'waiting',
							},
						},
						waiting: { after: { retryA: 'pulling' } },
						pulled: { type: 'final' },
					},
				},
				b: {
					initial: 'pulling',
					states: {
						pulling: {
							invoke: {
								id: 'pullB',
								src: 'work',
								input: on(1),
								onDone: { target: 'pulled', actions: assign({ results: keep }) },
								onError: 'waiting',
							},
						},
						waiting: { after: { retryB: 'pulling' } },
						pulled: { type: 'final' },
					},
				},
			},
		},
		undoing: { invoke: { id: 'undo', src: 'undo', input: on(0), onDone: 'cancelled', onError: 'undoWaiting' } },
		undoWaiting: { after: { undoRetry: 'undoing' } },
		cancelled: { type: 'final' },
		joined: { type: 'final' },
	},
});
