// What a durable machine may not do (DESIGN section 4): everything here would break a restore, a replay or an adoption.
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AnyStateMachine, StateNodeDefinition } from 'xstate';
import { projectRoot } from '../helpers/source-tree.ts';
import { MACHINES } from './machine-list.ts';

const machines = MACHINES.flatMap(({ kind }) => kind.versions.map(({ machine }) => machine));

describe.each(machines.map((machine) => [machine.id, machine] as const))('%s', (_id, machine) => {
	const nodes = nodesOf(machine);

	test('its id names kind and version', () => {
		expect(machine.id).toMatch(/^[a-z0-9-]+@\d+$/);
	});

	test('every invoke has an explicit id, a source by name, and a way out when it fails', () => {
		for (const node of nodes)
			for (const invoke of node.invoke) {
				expect(invoke.id, node.id).not.toMatch(/^xstate\.|^\d+\./);
				expect(typeof invoke.src, node.id).toBe('string');
				// One inert actor system serves every step of a machine (runtime/engine/pure-transition.ts): a name in it could be taken.
				expect(invoke.systemId, node.id).toBeUndefined();
				expect(String(invoke.src) in machine.implementations.actors, `${node.id} ${String(invoke.src)}`).toBe(true);
				const taken = Object.keys(node.on ?? {});
				expect(taken, node.id).toContain(`xstate.error.actor.${invoke.id}`);
				expect(taken, node.id).toContain(`xstate.done.actor.${invoke.id}`);
			}
	});

	test('delays are named', () => {
		for (const node of nodes)
			for (const transition of node.transitions) {
				const [, delay] = /^xstate\.after\.([^.]+)\./.exec(String(transition.eventType)) ?? [];
				if (delay !== undefined) expect(Object.keys(machine.implementations.delays), node.id).toContain(delay);
			}
	});

	test('every state that is not final has a way out', () => {
		for (const node of Object.values(machine.states)) {
			const ways = node.transitions.size + (node.always?.length ?? 0);
			if (node.type !== 'final') expect(ways, node.id).toBeGreaterThan(0);
		}
	});

	test('what it remembers survives JSON', () => {
		const context = machine.getInitialSnapshot({} as never, { id: 'x', app: 'x', at: 0, by: 'x' } as never).context;
		expect(JSON.parse(JSON.stringify(context))).toEqual(context);
	});
});

test('no machine looks at a clock, rolls dice or does work', () => {
	for (const file of globSync('machines/*/*.ts', { cwd: projectRoot })) {
		const text = readFileSync(`${projectRoot}/${file}`, 'utf8');
		expect(text, file).not.toMatch(
			/Date\.now|new Date\(\)|Math\.random|performance\.|setTimeout|from 'node:|\bfetch\(|\bspawn\(/,
		);
	}
});

function nodesOf(machine: AnyStateMachine): StateNodeDefinition<never, never>[] {
	const all: StateNodeDefinition<never, never>[] = [];
	const walk = (node: StateNodeDefinition<never, never>) => {
		all.push(node);
		for (const inner of Object.values(node.states)) walk(inner as StateNodeDefinition<never, never>);
	};
	walk(machine.definition as never);
	return all;
}
