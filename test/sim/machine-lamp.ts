// A lamp: timers and nothing else, at home on one host. A poke cancels a timer and arms it again in one step.
import { assign, setup } from 'xstate';

export interface LampContext {
	hosts: string[];
	home: string | null;
	log: string[];
	blinks: number;
	/** Its home was reported lost. */
	lost: boolean;
}

type LampEvent =
	| { type: 'ADD' | 'POKE' | 'FINISH' | 'nudged'; tag: string }
	| { type: 'host.lost' | 'host.returned'; host: string };

const LAST_BLINK = 12;
const log = ({ context, event }: { context: LampContext; event: LampEvent }) => [...context.log, 'tag' in event ? event.tag : ''];

export const lamp = setup({
	types: { context: {} as LampContext, events: {} as LampEvent, input: {} as { hosts?: string[]; home?: string | null } },
	actions: { note: assign({ log }) },
	delays: { glow: 1_100, dark: 1_700 },
}).createMachine({
	id: 'lamp@1',
	context: ({ input }) => ({ hosts: input?.hosts ?? [], home: input?.home ?? null, log: [], blinks: 0, lost: false }),
	initial: 'on',
	on: {
		nudged: { actions: 'note' },
		ADD: { actions: 'note' },
		FINISH: { target: '.finished', actions: 'note' },
		'host.lost': { guard: ({ context }) => !context.lost, actions: assign({ lost: true }) },
		'host.returned': { guard: ({ context }) => context.lost, actions: assign({ lost: false }) },
	},
	states: {
		on: {
			on: { POKE: { target: 'on', reenter: true, actions: 'note' } },
			after: { glow: { target: 'off', actions: assign({ blinks: ({ context }) => context.blinks + 1 }) } },
		},
		off: {
			on: { POKE: { target: 'on', actions: 'note' } },
			after: { dark: [{ guard: ({ context }) => context.blinks < LAST_BLINK, target: 'on' }, { target: 'unlit' }] },
		},
		unlit: { on: { POKE: { target: 'on', actions: 'note' } } },
		finished: { type: 'final' },
	},
});
