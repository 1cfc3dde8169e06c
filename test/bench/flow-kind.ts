// A durable workflow of three steps: each is an effect that a host does as a job, and hands its number to the next.
import { assign, setup } from 'xstate';
import { z } from 'zod';
import { defineEffect } from '../../actors/effect.ts';
import { effect } from '../../machines/effect.ts';
import type { Kind } from '../../runtime/engine/kind.ts';

type Input = { n: number };

const machine = setup({
	types: { context: {} as { n: number }, events: {} as { type: 'never' } },
	actors: { addOne: effect<Input, number>() },
	actions: { take: assign({ n: (_, n: number) => n }) },
}).createMachine({
	id: 'flow@1',
	context: { n: 0 },
	initial: 'one',
	states: { one: step('one', 'two'), two: step('two', 'three'), three: step('three', 'done'), done: { type: 'final' } },
});

function step(id: string, target: string) {
	const take = { type: 'take', params: ({ event }: { event: { output: number } }) => event.output } as const;
	const input = ({ context }: { context: Input }) => ({ n: context.n });
	return { invoke: { id, src: 'addOne', input, onDone: { target, actions: take }, onError: 'done' } } as const;
}

const Never = z.object({ type: z.literal('never') });

export const flowKind: Kind = {
	kind: 'flow',
	versions: [{ machine }],
	create: z.object({}) as unknown as Kind['create'],
	command: Never as unknown as Kind['command'],
	fact: Never as unknown as Kind['fact'],
	view: ({ phase, context }) => ({ phase, words: `At ${context.n}.`, can: {}, data: { n: context.n ?? 0 } }),
	home: () => null,
};

export const addOne = defineEffect({
	name: 'addOne',
	input: z.object({ n: z.number() }),
	timeoutMs: 10_000,
	run: async ({ n }) => n + 1,
});
