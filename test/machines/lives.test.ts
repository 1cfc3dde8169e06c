// Random lives of each machine through the engine's own step: nothing poisons it, it does what its view promises, it never waits on
// nothing, and every phase is lived through.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Live } from '../../runtime/engine/live.ts';
import type { Json, JsonObject } from '../../runtime/engine/record.ts';
import { firstStep, type Input, step } from '../../runtime/engine/step.ts';
import { restore } from '../../runtime/engine/versions.ts';
import { MACHINES, outputsOf, type Tried } from './machine-list.ts';

interface Move {
	is: 'say' | 'fact' | 'done' | 'failed' | 'timer';
	/** Which of the possible ones. */
	pick: number;
}

test.each(MACHINES.map((tried) => [tried.machine.id, tried] as const))('whatever %s meets, its promises hold', (_id, tried) => {
	const reached = new Set<string>();
	const move = fc.record({
		is: fc.constantFrom('say', 'say', 'fact', 'done', 'done', 'done', 'done', 'done', 'failed', 'timer') as fc.Arbitrary<
			Move['is']
		>,
		pick: fc.nat(1_000),
	});
	fc.assert(
		fc.property(fc.nat(1_000), fc.array(move, { maxLength: 80, size: 'max' }), (which, moves) => {
			let live = begin(tried, which);
			reached.add(live.record.view.phase);
			for (const one of moves) {
				const input = inputOf(tried, live, one);
				if (!input) continue;
				const allowed = input.type === 'command' ? live.record.view.can[input.command.type] === true : null;
				const outcome = step(live, input, Object.values(live.record.timers)[0]?.at ?? 1);
				expect(outcome.status).not.toBe('poisoned');
				if (allowed !== null)
					expect(outcome.status, JSON.stringify([input, live.record.view])).toBe(allowed ? 'stepped' : 'rejected');
				if (outcome.status === 'stepped') live = outcome.next;
				holds(tried, live);
				reached.add(live.record.view.phase);
			}
		}),
		{ numRuns: 400, seed: 20_261_121 },
	);
	expect(tried.phases.filter((phase) => !reached.has(phase))).toEqual([]);
});

function begin(tried: Tried, which: number): Live {
	const how = { cmdId: 'c0', by: 'test', owner: { host: 'alder', incarnation: 1 }, now: 0, before: null };
	const input = tried.inputs[which % tried.inputs.length] as JsonObject;
	return firstStep(tried.kind, tried.machine, { kind: tried.kind.kind, id: tried.id }, input, how);
}

let ids = 0;

function inputOf(tried: Tried, live: Live, { is, pick }: Move): Input | null {
	const one = <Item>(items: readonly Item[]): Item | undefined => items[pick % items.length];
	if (is === 'say') {
		const command = one(tried.commands);
		return command ? { type: 'command', command: { ...command, cmdId: `c${++ids}`, by: 'test' } } : null;
	}
	if (is === 'fact') {
		const event = one(tried.facts);
		return event ? { type: 'fact', event, by: 'test' } : null;
	}
	if (is === 'timer') {
		const timer = one(Object.entries(live.record.timers));
		return timer ? { type: 'timer', id: timer[0], token: timer[1].token } : null;
	}
	const effect = one(Object.values(live.record.effects));
	if (!effect) return null;
	const { key, token, src } = effect;
	const output = one(outputsOf(tried, src)) as Json;
	const error = { code: 'EFFECT_FAILED', message: 'it broke', next: 'mend it' } as const;
	return {
		type: 'completion',
		key,
		token,
		by: 'test',
		result: is === 'done' ? { status: 'done', output, notes: [] } : { status: 'failed', error, notes: [] },
	};
}

function holds(tried: Tried, { record }: Live): void {
	const open =
		Object.keys(record.effects).length +
		Object.keys(record.timers).length +
		Object.values(record.view.can).filter((can) => can === true).length;
	if (!tried.ends.includes(record.view.phase) && record.view.phase !== 'unreachable') expect(open).toBeGreaterThan(0);
	expect(restore(tried.kind, JSON.parse(JSON.stringify(record)), () => true).status).toBe('restored');
}
