// The pure heart: one input in, the next record out. Nothing here waits, writes or looks at a clock.
//
// S1. An input that does not fit is answered without a new record: seen before, not allowed, stale.
// S2. What the machine wants done is turned into data inside the record (effects, timers); the caller
//     lets it out only after the record is committed (V1, V2).
// S3. Each effect and timer carries the `seq` of the step that asked for it; a completion or a timer with
//     another token is of an old attempt and is dropped (V6).
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition } from 'xstate';
import type { WireError } from './errors.ts';
import { CoveyError, toWire } from './errors.ts';
import type { Kind, Seen } from './kind.ts';
import type { Live } from './live.ts';
import type { Command, JobResult, Reply } from './ports.ts';
import { type PureAction, pureTransition } from './pure-transition.ts';
import {
	type ActorRecord,
	type ActorRef,
	type Json,
	type JsonObject,
	MAX_RECORD_BYTES,
	type Owner,
	type PendingEffect,
	type PendingTimer,
	refText,
	SCHEMA,
	type View,
} from './record.ts';
import { answeredBefore, remember } from './seen.ts';
import { machineIdentity } from './versions.ts';

export type Input =
	| { type: 'command'; command: Command }
	| { type: 'fact'; event: JsonObject & { type: string }; by: string }
	| { type: 'completion'; key: string; token: number; result: JobResult; by: string }
	| { type: 'timer'; id: string; token: number };

export type StepOutcome =
	| { status: 'stepped'; next: Live; reply: Reply; ended: EndedEffect[] }
	| { status: 'duplicate'; reply: Reply }
	| { status: 'stale' }
	| { status: 'rejected'; error: WireError }
	| { status: 'poisoned'; reason: string };

/** An effect that this step took out of the record before it was complete: its job is to be aborted. */
export interface EndedEffect {
	id: string;
	effect: PendingEffect;
}

export function step(live: Live, input: Input, now: number): StepOutcome {
	const { record } = live;
	if (input.type === 'command') {
		const reply = answeredBefore(record, input.command.cmdId);
		if (reply) return { status: 'duplicate', reply };
	}
	const found = eventOf(record, input, now);
	if (!found) return { status: 'stale' };
	const { event, completed } = found;
	if (!canTake(live.snapshot, event)) {
		if (completed || input.type === 'timer') return { status: 'stepped', ...unheeded(live, completed, event, now, input) };
		return { status: 'rejected', error: notAllowed(live, event.type) };
	}
	try {
		const [snapshot, actions] = pureTransition(live.machine, live.snapshot, event);
		if (snapshot.status === 'error') return { status: 'poisoned', reason: `${event.type}: ${String(snapshot.error)}` };
		const pending = applyActions(live, actions, now, completed);
		return { status: 'stepped', ...finish(live, snapshot, pending, event, now, input) };
	} catch (thrown) {
		if (input.type === 'command') return { status: 'rejected', error: toWire(thrown) };
		return { status: 'poisoned', reason: `${event.type}: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
	}
}

/** The first record of an actor. `before` is the finished actor of the same name, if there was one. */
export function firstStep(
	kind: Kind,
	machine: AnyStateMachine,
	ref: ActorRef,
	input: JsonObject,
	how: { cmdId: string; by: string; owner: Owner; now: number; before: ActorRecord | null },
): Live & { reply: Reply } {
	const seq = (how.before?.seq ?? 0) + 1;
	const [snapshot, actions] = initialTransition(machine, { ...input, id: ref.id, at: how.now, by: how.by });
	if (snapshot.status === 'error') throw new CoveyError('INTERNAL', `${refText(ref)} cannot begin: ${String(snapshot.error)}`);
	const blank: ActorRecord = {
		schema: SCHEMA,
		kind: ref.kind,
		id: ref.id,
		machine: machineIdentity(machine),
		owner: how.owner,
		epoch: (how.before?.epoch ?? 0) + 1,
		seq: seq - 1,
		commit: '',
		snap: {},
		effects: {},
		timers: {},
		// A late copy of a command to the finished actor must not reach the new one (V4).
		seen: how.before?.seen ?? [],
		view: { phase: '', words: '', can: {}, since: how.now, data: {} },
		last: { event: { type: '' }, from: '', to: '', at: how.now, by: how.by },
		createdAt: how.now,
		recoveries: [],
	};
	const live: Live = { kind, machine, record: blank, snapshot };
	const pending = applyActions(live, actions, how.now, null);
	const event = { type: `${ref.kind}.create`, at: how.now, by: how.by, input };
	const { next, reply } = finish(live, snapshot, pending, event, how.now, {
		type: 'command',
		command: { ...how, type: event.type } as never,
	});
	return { ...next, reply };
}

type MachineEvent = JsonObject & { type: string; at: number; by: string };

/** What the machine is to be told, or null when the input belongs to an attempt that is over. */
function eventOf(record: ActorRecord, input: Input, now: number): { event: MachineEvent; completed: string | null } | null {
	switch (input.type) {
		case 'command': {
			const { cmdId: _cmdId, repeat: _repeat, ...event } = input.command;
			return { event: { ...event, at: now }, completed: null };
		}
		case 'fact':
			return { event: { ...input.event, at: now, by: input.by }, completed: null };
		case 'timer': {
			const timer = record.timers[input.id];
			if (!timer || timer.token !== input.token || timer.at > now) return null;
			return { event: { ...(timer.event as JsonObject & { type: string }), at: now, by: 'timer' }, completed: null };
		}
		case 'completion': {
			const entry = Object.entries(record.effects).find(([, effect]) => effect.key === input.key && effect.token === input.token);
			if (!entry) return null;
			const [id] = entry;
			const { result } = input;
			const outcome: JsonObject =
				result.status === 'done'
					? { type: `xstate.done.actor.${id}`, output: result.output }
					: { type: `xstate.error.actor.${id}`, error: result.error as unknown as Json };
			return {
				event: {
					...outcome,
					actorId: id,
					notes: result.notes as unknown as Json,
					at: now,
					by: input.by,
				} as JsonObject as MachineEvent,
				completed: id,
			};
		}
	}
}

/** A guard that throws on foreign payload means no. */
export function canTake(snapshot: AnyMachineSnapshot, event: MachineEvent): boolean {
	try {
		return snapshot.status === 'active' && snapshot.can(event);
	} catch {
		return false;
	}
}

interface Pending {
	effects: Record<string, PendingEffect>;
	timers: Record<string, PendingTimer>;
	ended: EndedEffect[];
}

/** Turns XState's executable actions into data. An action of any other kind is refused by the machine lint. */
function applyActions(live: Live, actions: readonly PureAction[], now: number, completed: string | null): Pending {
	const { record } = live;
	const token = record.seq + 1;
	const effects = { ...record.effects };
	const timers = { ...record.timers };
	const ended: EndedEffect[] = [];
	if (completed) delete effects[completed];
	for (const action of actions) {
		switch (action.type) {
			case 'xstate.spawnChild': {
				const { id, src, input } = action.params as { id: string; src: string; input?: JsonObject };
				const host = typeof input?.host === 'string' ? input.host : null;
				effects[id] = { src, input: input ?? null, token, key: `${refText(record)}/${id}/${token}`, host };
				break;
			}
			case 'xstate.stopChild': {
				const { id } = action.params as { id: string };
				const effect = effects[id];
				if (!effect) break;
				ended.push({ id, effect });
				delete effects[id];
				break;
			}
			case 'xstate.raise': {
				const { id, event, delay } = action.params as { id: string; event: JsonObject; delay?: number };
				if (delay !== undefined) timers[id] = { event, at: now + delay, token };
				break;
			}
			case 'xstate.cancel':
				delete timers[(action.params as { sendId: string }).sendId];
				break;
		}
	}
	return { effects, timers, ended };
}

function finish(
	live: Live,
	snapshot: AnyMachineSnapshot,
	pending: Pending,
	event: MachineEvent,
	now: number,
	input: Input,
): { next: Live; reply: Reply; ended: EndedEffect[] } {
	const { record, machine, kind } = live;
	const seq = record.seq + 1;
	const shown = kind.view(seenOf(snapshot));
	const view: View = { ...shown, since: shown.phase === record.view.phase ? record.view.since : now };
	const reply: Reply = { ok: true, seq, phase: view.phase };
	// A timer that fired is over even where the machine kept its state.
	if (input.type === 'timer' && pending.timers[input.id]?.token === input.token) delete pending.timers[input.id];
	const next: ActorRecord = {
		...record,
		seq,
		snap: machine.getPersistedSnapshot(snapshot) as unknown as JsonObject,
		effects: pending.effects,
		timers: snapshot.status === 'done' ? {} : pending.timers,
		seen: input.type === 'command' ? remember(record.seen, input.command.cmdId, seq, now, reply) : record.seen,
		view,
		last: { event, from: record.view.phase, to: view.phase, at: now, by: event.by },
	};
	fitLast(next);
	return { next: { kind, machine, record: next, snapshot }, reply, ended: pending.ended };
}

/** The machine does not care for this result or this deadline: it leaves the record, nothing else changes. */
function unheeded(live: Live, completed: string | null, event: MachineEvent, now: number, input: Input) {
	const effects = { ...live.record.effects };
	if (completed) delete effects[completed];
	return finish(live, live.snapshot, { effects, timers: { ...live.record.timers }, ended: [] }, event, now, input);
}

/** A record over its cap first loses the bulk of its last event: the notes are in the host's journal too. */
function fitLast(record: ActorRecord): void {
	if (JSON.stringify(record.last).length < MAX_RECORD_BYTES / 4) return;
	const { type, at, by } = record.last.event;
	record.last = { ...record.last, event: { type, at, by, shortened: true } as JsonObject };
}

function seenOf(snapshot: AnyMachineSnapshot): Seen {
	return {
		phase: phaseOf(snapshot.value),
		context: snapshot.context as JsonObject,
		can: (event) => canTake(snapshot, { at: 0, by: '', ...event }),
	};
}

/** `{removing: 'stopping'}` → `removing.stopping`; parallel regions are joined by a comma. */
export function phaseOf(value: unknown): string {
	if (typeof value === 'string') return value;
	return Object.entries(value as Record<string, unknown>)
		.map(([state, inner]) => {
			const rest = phaseOf(inner);
			return rest ? `${state}.${rest}` : state;
		})
		.join(',');
}

function notAllowed(live: Live, type: string): WireError {
	const { record } = live;
	const reason = record.view.can[type];
	const why = typeof reason === 'string' ? `: ${reason}` : '';
	const allowed = Object.entries(record.view.can).flatMap(([name, can]) => (can === true ? [name] : []));
	return toWire(
		new CoveyError('NOT_ALLOWED_NOW', `${refText(record)} is ${record.view.phase} and cannot take ${type} now${why}`, {
			details: { phase: record.view.phase, allowed },
		}),
	);
}
