// Walks the whole graph of the install machine: what effects, people, hosts and the clock can say, in every state it can be in.
import { describe, expect, test } from 'vitest';
import { type AnyMachineSnapshot, type AnyStateNode, type AnyTransitionDefinition, getMicrosteps } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';
import type { InstallContext } from '../../machines/install/context.ts';
import { COMMANDS } from '../../machines/install/contract.ts';
import { installMachine } from '../../machines/install/machine.ts';

type Event = { type: string };
interface Edge {
	state: AnyMachineSnapshot;
	event: Event;
	nextState: AnyMachineSnapshot;
}

const OUTPUTS: Record<string, unknown[]> = {
	placeInstall: [{ host: 'birch', reason: 'most memory' }],
	writePlan: [{ ports: [] }],
	buildGeneration: [{ generation: 3 }],
	startApp: [{ generation: 3 }],
	inspectApp: ['running', 'stopped', 'failed'].map((state) => ({ state, reason: 'because' })),
};
const ERRORS = ['EFFECT_FAILED', 'PORT_IN_USE'];
const FACTS = ['host.lost', 'host.returned', 'app.unhealthy', 'app.failed', 'app.recovered'];

const edges = [null, 'birch'].flatMap(walk);
const places = new Map(edges.flatMap(({ state, nextState }) => [state, nextState].map((one) => [placeOf(one), one] as const)));

describe('the graph of install@1', () => {
	test('every state is reached', () => {
		const reached = new Set([...places.values()].map((place) => String(place.value)));
		// A state that only decides where to go is never rested in.
		const isPassing = (name: string) => (nodeOf(name).always ?? []).length > 0;
		expect(Object.keys(installMachine.states).filter((name) => !reached.has(name) && !isPassing(name))).toEqual([]);
	});

	test('every transition is taken', () => {
		const taken = new Set(edges.flatMap(transitionsOf));
		const all = Object.values(installMachine.states).flatMap((node) =>
			[...[...node.transitions.values()].flat(), ...(node.always ?? [])].map(nameOf),
		);
		expect([...new Set(all)].filter((name) => !taken.has(name))).toEqual([]);
	});

	test('a new try begins with nothing left to take back', () => {
		const dirty = [...places].filter(
			([, { value, context }]) => value === 'queued' && (context as InstallContext).undo.length > 0,
		);
		expect(dirty.map(([name]) => name)).toEqual([]);
	});

	test('from everywhere it can still be removed', () => {
		expect(cannotReach(({ value }) => value === 'removed')).toEqual([]);
	});

	test('from everywhere but its end it can still come to run', () => {
		const stuck = cannotReach(({ value }) => value === 'running').filter((place) => !/^(removed|removing)\b/.test(place));
		expect(stuck).toEqual([]);
	});
});

/** Every edge from every place an install can get to. `pinnedHost` is the host a person chose, or null. */
function walk(pinnedHost: string | null): Edge[] {
	const input = { id: 'notes', app: 'notes', pinnedHost, ports: {}, at: 0, by: 'test' };
	const map = getAdjacencyMap(installMachine as never, {
		input: input as never,
		events: (state) => eventsOf(state as unknown as AnyMachineSnapshot) as never,
		serializeState: (state) => placeOf(state as unknown as AnyMachineSnapshot) as never,
		limit: 20_000,
	});
	return adjacencyMapToArray(map) as unknown as Edge[];
}

function nodeOf(state: unknown): AnyStateNode {
	const node = (installMachine.states as Record<string, AnyStateNode>)[String(state)];
	if (!node) throw new Error(`install@1 has no state ${String(state)}`);
	return node;
}

/** What the future depends on: the state and these parts of its context, the rest is for reading. */
function placeOf({ value, context }: AnyMachineSnapshot): string {
	const { pinnedHost, host, undo, hasRun, portsLost, failure, unreachableSince } = context as InstallContext;
	const parts = { pinnedHost, host, undo, hasRun, portsLost, failed: failure !== null, lost: unreachableSince !== null };
	return `${String(value)} ${JSON.stringify(parts)}`;
}

function eventsOf(state: AnyMachineSnapshot): Event[] {
	const stamp = { at: 1, by: 'test' };
	const results = Object.entries(state.children).flatMap(([id]) => [
		...(OUTPUTS[id] ?? [null]).map((output) => ({ type: `xstate.done.actor.${id}`, output })),
		...ERRORS.map((code) => ({ type: `xstate.error.actor.${id}`, error: { code, message: 'it broke', next: 'mend it' } })),
	]);
	const deadlines = nodeOf(state.value).after.map(({ eventType }) => ({ type: String(eventType) }));
	const commands = COMMANDS.map((type) => ({ type, deleteData: false }));
	const facts = FACTS.map((type) => ({ type, host: 'birch', reason: 'because' }));
	return [...results, ...deadlines, ...commands, ...facts]
		.map((event) => ({ ...event, ...stamp }))
		.filter((event) => state.can(event as never));
}

function transitionsOf({ state, event }: Edge): string[] {
	const steps = getMicrosteps(installMachine, state as never, event as never);
	const first = installMachine.getTransitionData(state as never, event as never) as AnyTransitionDefinition[];
	const passed = steps.slice(0, -1).map(([from], index) => {
		const to = String(steps[index + 1]?.[0].value);
		const always = nodeOf(from.value).always ?? [];
		return always.filter((one) => targetOf(one) === to).map(nameOf);
	});
	return [...first.map(nameOf), ...passed.flat()];
}

function nameOf(transition: AnyTransitionDefinition): string {
	const guard = typeof transition.guard === 'string' ? ` if ${transition.guard}` : '';
	return `${transition.source.key}: ${transition.eventType || 'always'}${guard} -> ${targetOf(transition)}`;
}

const targetOf = ({ target }: AnyTransitionDefinition): string => target?.map(({ key }) => key).join() ?? 'itself';

/** The places from which no sequence of events leads to a place that is `wanted`. */
function cannotReach(wanted: (place: AnyMachineSnapshot) => boolean): string[] {
	const before = Map.groupBy(edges, ({ nextState }) => placeOf(nextState));
	const good = new Set([...places].filter(([, place]) => wanted(place)).map(([name]) => name));
	for (const name of good) for (const { state } of before.get(name) ?? []) good.add(placeOf(state));
	return [...places.keys()].filter((name) => !good.has(name));
}
