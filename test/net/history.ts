// Compares what clients were told with what was committed. Pure.
import type { ActorRecord, Stored } from '../../runtime/engine/record.ts';
import { isRefusal } from '../cluster/check-actors.ts';
import type { Acknowledged } from '../helpers/demo-cluster.ts';

/** One command as its client saw it: from the first time it was sent to its last answer. */
export interface Call {
	client: string;
	actor: string;
	cmdId: string;
	type: string;
	/** Wall clock, ms. */
	sentAt: number;
	answeredAt: number;
	/** How often it was sent under this `cmdId`. */
	tries: number;
	outcome:
		| { status: 'acknowledged'; seq: number }
		/** The answer says for certain that it was not applied. */
		| { status: 'refused'; code: string }
		/** No certain answer until the client gave up. */
		| { status: 'unknown'; code: string };
}

/** Commands of which only the answer was kept. */
export const calledBy = (client: string, acknowledged: readonly Acknowledged[]): Call[] =>
	acknowledged.map(({ actor, cmdId, type, seq }) => ({
		client,
		actor,
		cmdId,
		type,
		sentAt: 0,
		answeredAt: 0,
		tries: 1,
		outcome: { status: 'acknowledged', seq },
	}));

/** A step of an actor that a command made. */
interface Applied {
	actor: string;
	seq: number;
	type: string;
	at: number;
}

/** Empty when each acknowledged command was applied once, as the step it was told; no refused one was; and no unknown one twice. */
export function historyComplaints(calls: readonly Call[], histories: ReadonlyMap<string, readonly Stored[]>): string[] {
	const applied = appliedIn(histories);
	return [
		...calls.flatMap((call) => complaintsOf(call, applied.get(call.cmdId) ?? [])),
		...orders(calls, applied),
		...strangers(calls, applied),
	];
}

/** By `cmdId`. A command's own step is the one whose number its entry in `seen` carries. */
function appliedIn(histories: ReadonlyMap<string, readonly Stored[]>): Map<string, Applied[]> {
	const applied = new Map<string, Applied[]>();
	for (const [actor, history] of histories)
		for (const record of firstOfEachStep(history))
			for (const [cmdId, seq, , reply] of record.seen)
				if (seq === record.seq && !isRefusal(reply))
					applied.set(cmdId, [
						...(applied.get(cmdId) ?? []),
						{ actor, seq, type: String(record.last.event.type), at: record.last.at },
					]);
	return applied;
}

/** A change of owner repeats a step's record under a new epoch. */
function firstOfEachStep(history: readonly Stored[]): ActorRecord[] {
	return history.map(({ record }) => record).filter((record, index, all) => index === 0 || record.seq !== all[index - 1]?.seq);
}

function complaintsOf(call: Call, found: readonly Applied[]): string[] {
	const name = `${call.actor}: ${call.type} (${call.cmdId}) of ${call.client}`;
	if (found.length > 1) return [`V4 ${name} was applied ${found.length} times: ${found.map(stepName).join(', ')}`];
	const [step] = found;
	if (step && step.actor !== call.actor) return [`V4 ${name} was applied to ${step.actor}`];
	if (step && step.type !== call.type) return [`V4 ${name} was applied as ${step.type}`];
	switch (call.outcome.status) {
		case 'acknowledged':
			if (!step) return [`V4 ${name} was acknowledged as step ${call.outcome.seq} and is not in the timeline`];
			return step.seq === call.outcome.seq
				? []
				: [`V4 ${name} was acknowledged as step ${call.outcome.seq} and is ${stepName(step)}`];
		case 'refused':
			return step ? [`V4 ${name} was refused (${call.outcome.code}) and is ${stepName(step)}`] : [];
		case 'unknown':
			return [];
	}
}

/** Who was answered before another was sent must come before it. */
function orders(calls: readonly Call[], applied: ReadonlyMap<string, Applied[]>): string[] {
	return [...Map.groupBy(calls, ({ actor }) => actor).values()].flatMap((ofActor) => {
		const placed = ofActor.flatMap((call) => (call.outcome.status === 'acknowledged' ? [{ call, seq: call.outcome.seq }] : []));
		const later = ofActor.flatMap(
			(call) =>
				applied
					.get(call.cmdId)
					?.slice(0, 1)
					.map(({ seq }) => ({ call, seq })) ?? [],
		);
		return placed.flatMap(({ call, seq }) =>
			later
				.filter((other) => other.call.sentAt > call.answeredAt && other.seq <= seq)
				.map(
					(other) =>
						`V4 ${call.actor}: ${call.type} (${call.cmdId}) was answered as step ${seq} before ${other.call.type} (${other.call.cmdId}) was sent, which is step ${other.seq}`,
				),
		);
	});
}

/** Nobody sent it, and it was applied. Hosts and timers have no `cmdId` of a client. */
function strangers(calls: readonly Call[], applied: ReadonlyMap<string, Applied[]>): string[] {
	const known = new Set(calls.map(({ cmdId }) => cmdId));
	const actors = new Set(calls.map(({ actor }) => actor));
	return [...applied].flatMap(([cmdId, steps]) =>
		known.has(cmdId)
			? []
			: steps
					.filter(({ actor }) => actors.has(actor))
					.map((step) => `V4 ${step.actor}: ${stepName(step)} was asked by nobody (${cmdId})`),
	);
}

const stepName = ({ actor, seq, type }: Applied): string => `step ${seq} of ${actor} (${type})`;
