// The smallest durable actor: one command, one number.
import { assign, setup } from 'xstate';
import { z } from 'zod';
import type { Kind } from '../../runtime/engine/kind.ts';

const machine = setup({ types: { context: {} as { count: number }, events: {} as { type: 'count.up' } } }).createMachine({
	id: 'count@1',
	context: { count: 0 },
	initial: 'counting',
	states: { counting: { on: { 'count.up': { actions: assign({ count: ({ context }) => context.count + 1 }) } } } },
});

const Up = z.object({ type: z.literal('count.up') });

export const countKind: Kind = {
	kind: 'count',
	versions: [{ machine }],
	create: z.object({}) as unknown as Kind['create'],
	command: Up as unknown as Kind['command'],
	fact: Up as unknown as Kind['fact'],
	view: ({ phase, context }) => ({
		phase,
		words: `Counted to ${context.count}.`,
		can: { 'count.up': true },
		data: { count: context.count ?? 0 },
	}),
	home: () => null,
};
