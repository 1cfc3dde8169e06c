// XState's `transition()` with one inert actor for each machine instead of one for each call: making it computes the machine's
// initial state, which costs more than the step itself. It is never started, so nothing a step does can reach it.
import { type AnyActorScope, type AnyMachineSnapshot, type AnyStateMachine, createActor, type EventObject } from 'xstate';

export interface PureAction {
	type: string;
	params?: unknown;
}

const inert = new WeakMap<AnyStateMachine, Omit<AnyActorScope, 'actionExecutor'>>();

/** The next snapshot, and the actions it asks for, in order; none of them is executed. Throws what guards and assigns throw. */
export function pureTransition(
	machine: AnyStateMachine,
	snapshot: AnyMachineSnapshot,
	event: EventObject,
): [AnyMachineSnapshot, PureAction[]] {
	const actions: PureAction[] = [];
	const next = machine.transition(snapshot, event, {
		...inertScope(machine),
		actionExecutor: (action) => void actions.push(action),
	});
	return [next, actions];
}

function inertScope(machine: AnyStateMachine): Omit<AnyActorScope, 'actionExecutor'> {
	let scope = inert.get(machine);
	if (!scope) {
		const self = createActor(machine);
		const nothing = () => {};
		scope = {
			self,
			system: self.system,
			id: '',
			sessionId: '',
			logger: nothing,
			defer: nothing,
			stopChild: nothing,
			emit: nothing,
		};
		inert.set(machine, scope);
	}
	return scope;
}
