// Walks the whole graph of a machine: what effects, people, hosts and the clock can say, in every place it can be in.
import { type AnyMachineSnapshot, type AnyStateNode, type AnyTransitionDefinition, getMicrosteps } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';
import { outputsOf, placeOf, type Tried } from './machine-list.ts';

type Event = { type: string };
interface Edge {
	state: AnyMachineSnapshot;
	event: Event;
	nextState: AnyMachineSnapshot;
}

export interface Graph {
	/** One snapshot of each place, by its text. */
	places: ReadonlyMap<string, AnyMachineSnapshot>;
	/** States that are never come to, but for those that only decide where to go. */
	unreachedStates(): string[];
	untakenTransitions(): string[];
	/** The places from which no sequence of events leads to a place that is `wanted`. */
	cannotReach(wanted: (place: AnyMachineSnapshot) => boolean): string[];
}

export function graphOf(tried: Tried): Graph {
	const { machine } = tried;
	const edges = tried.inputs.flatMap((input) => walk(tried, input));
	const places = new Map(
		edges.flatMap(({ state, nextState }) => [state, nextState].map((one) => [placeOf(tried, one), one] as const)),
	);
	return {
		places,
		unreachedStates() {
			const reached = new Set([...places.values()].map((place) => String(place.value)));
			const isPassing = (name: string) => (nodeOf(tried, name).always ?? []).length > 0;
			return Object.keys(machine.states).filter((name) => !reached.has(name) && !isPassing(name));
		},
		untakenTransitions() {
			const taken = new Set(edges.flatMap((edge) => transitionsOf(tried, edge)));
			const all = Object.values(machine.states).flatMap((node) =>
				[...[...node.transitions.values()].flat(), ...(node.always ?? [])].map(nameOf),
			);
			return [...new Set(all)].filter((name) => !taken.has(name));
		},
		cannotReach(wanted) {
			const before = Map.groupBy(edges, ({ nextState }) => placeOf(tried, nextState));
			const good = new Set([...places].filter(([, place]) => wanted(place)).map(([name]) => name));
			for (const name of good) for (const { state } of before.get(name) ?? []) good.add(placeOf(tried, state));
			return [...places.keys()].filter((name) => !good.has(name));
		},
	};
}

function walk(tried: Tried, input: object): Edge[] {
	const map = getAdjacencyMap(tried.machine as never, {
		input: { id: tried.id, at: 0, by: 'test', ...input } as never,
		events: (state) => eventsOf(tried, state as unknown as AnyMachineSnapshot) as never,
		serializeState: (state) => placeOf(tried, state as unknown as AnyMachineSnapshot) as never,
		limit: 60_000,
	});
	return adjacencyMapToArray(map) as unknown as Edge[];
}

function nodeOf(tried: Tried, state: unknown): AnyStateNode {
	const node = (tried.machine.states as Record<string, AnyStateNode>)[String(state)];
	if (!node) throw new Error(`${tried.machine.id} has no state ${String(state)}`);
	return node;
}

function eventsOf(tried: Tried, state: AnyMachineSnapshot): Event[] {
	const results = Object.entries(state.children).flatMap(([id, child]) => [
		...outputsOf(tried, String((child as { src?: unknown } | undefined)?.src ?? id)).map((output) => ({
			type: `xstate.done.actor.${id}`,
			output,
		})),
		...['EFFECT_FAILED', ...tried.errors].map((code) => ({
			type: `xstate.error.actor.${id}`,
			error: { code, message: 'it broke', next: 'mend it' },
		})),
	]);
	const deadlines = nodeOf(tried, state.value).after.map(({ eventType }) => ({ type: String(eventType) }));
	return [...results, ...deadlines, ...tried.commands, ...tried.facts]
		.map((event) => ({ ...event, at: 1, by: 'test' }))
		.filter((event) => state.can(event as never));
}

function transitionsOf(tried: Tried, { state, event }: Edge): string[] {
	const { machine } = tried;
	const steps = getMicrosteps(machine, state as never, event as never);
	const first = machine.getTransitionData(state as never, event as never) as AnyTransitionDefinition[];
	const passed = steps.slice(0, -1).map(([from], index) => {
		const to = String(steps[index + 1]?.[0].value);
		const always = nodeOf(tried, from.value).always ?? [];
		return always.filter((one) => targetOf(one) === to).map(nameOf);
	});
	return [...first.map(nameOf), ...passed.flat()];
}

function nameOf(transition: AnyTransitionDefinition): string {
	const guard = typeof transition.guard === 'string' ? ` if ${transition.guard}` : '';
	return `${transition.source.key}: ${transition.eventType || 'always'}${guard} -> ${targetOf(transition)}`;
}

const targetOf = ({ target }: AnyTransitionDefinition): string => target?.map(({ key }) => key).join() ?? 'itself';
