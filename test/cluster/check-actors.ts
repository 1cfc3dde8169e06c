// What every actor's committed history must show: V2, V3, V4 and V10.

import { RESTING } from '../../machines/install/contract.ts';
import { KINDS } from '../../runtime/boot/kinds.ts';
import type { ActorRecord, Json, Stored } from '../../runtime/engine/record.ts';
import { replay } from '../../runtime/engine/replay.ts';
import { type Findings, newest } from './findings.ts';

export function actorComplaints(findings: Findings): string[] {
	return [
		...[...findings.histories].flatMap(([actor, history]) => [
			...steps(actor, history),
			...owners(actor, history),
			...commands(actor, history),
			...folds(actor, history),
			...rests(actor, history),
		]),
		...acknowledged(findings),
	];
}

/** One compare-and-set per step: seq begins at 1, rises by one or stays (owner, parking, a refusal), never falls or jumps. */
function steps(actor: string, history: readonly Stored[]): string[] {
	const complaints: string[] = [];
	const first = history[0]?.record.seq;
	if (first !== undefined && first !== 1) complaints.push(`V2 ${actor}: its history begins with seq ${first}`);
	for (let i = 1; i < history.length; i++) {
		const before = (history[i - 1] as Stored).record;
		const { record } = history[i] as Stored;
		if (record.seq !== before.seq && record.seq !== before.seq + 1)
			complaints.push(`V2 ${actor}: seq ${before.seq} is followed by ${record.seq}`);
		if (
			record.seq === before.seq &&
			record.epoch === before.epoch &&
			!record.parked === !before.parked &&
			!hasNewRefusal(record, before)
		)
			complaints.push(`V2 ${actor}: two commits of seq ${record.seq} in epoch ${record.epoch}`);
	}
	return complaints;
}

const hasNewRefusal = (record: ActorRecord, before: ActorRecord): boolean =>
	record.seen.some(([cmdId, , , reply]) => isRefusal(reply) && !before.seen.some(([known]) => known === cmdId));

/** A command with such an answer was never applied. */
export const isRefusal = (reply: Json): boolean =>
	typeof reply === 'object' && reply !== null && 'ok' in reply && reply.ok === false;

function owners(actor: string, history: readonly Stored[]): string[] {
	const complaints: string[] = [];
	const ownerOf = new Map<number, string>();
	let highest = 0;
	for (const { record } of history) {
		const owner = record.owner ? `${record.owner.host}#${record.owner.incarnation}` : 'nobody';
		const known = ownerOf.get(record.epoch);
		if (known !== undefined && known !== owner)
			complaints.push(`V3 ${actor}: epoch ${record.epoch} has the owners ${known} and ${owner}`);
		ownerOf.set(record.epoch, owner);
		if (record.epoch < highest) complaints.push(`V3 ${actor}: epoch ${record.epoch} after ${highest}`);
		highest = Math.max(highest, record.epoch);
	}
	return complaints;
}

/** A command's id stands for one step for ever. */
function commands(actor: string, history: readonly Stored[]): string[] {
	const seqOf = new Map<string, number>();
	const complaints: string[] = [];
	for (const { record } of history)
		for (const [cmdId, seq] of record.seen) {
			const known = seqOf.get(cmdId);
			if (known !== undefined && known !== seq)
				complaints.push(`V4 ${actor}: command ${cmdId} was applied in steps ${known} and ${seq}`);
			seqOf.set(cmdId, seq);
		}
	return complaints;
}

/** What a client was told is in the history: that step, by that command. */
function acknowledged({ acknowledged, histories }: Findings): string[] {
	return acknowledged.flatMap(({ actor, seq, cmdId, type }) => {
		const step = histories.get(actor)?.find(({ record }) => record.seq === seq)?.record;
		if (!step?.seen.some(([id, at]) => id === cmdId && at === seq))
			return [`V4 ${actor}: ${type} (${cmdId}) was acknowledged as step ${seq}, which is not its`];
		return step.last.event.type === type
			? []
			: [`V4 ${actor}: step ${seq} was acknowledged for ${type}, and is ${step.last.event.type}`];
	});
}

function folds(actor: string, history: readonly Stored[]): string[] {
	const [first] = history;
	if (!first) return [];
	const kind = KINDS.find((one) => one.kind === first.record.kind);
	if (!kind) return [`V2 ${actor} is of no known kind`];
	const { difference } = replay(kind, history);
	return difference ? [`V2 ${actor} cannot be replayed: ${difference}`] : [];
}

/** V10: nobody waits without a limit or a reason. */
function rests(actor: string, history: readonly Stored[]): string[] {
	const record = newest(history);
	if (!record || record.parked) return record?.parked ? [`V10 ${actor} is parked: ${record.parked.reason}`] : [];
	if (record.kind !== 'install') return [];
	const isResting = (RESTING as readonly string[]).includes(record.view.phase);
	return isResting || Object.keys(record.timers).length > 0 || Object.keys(record.effects).length > 0
		? []
		: [`V10 ${actor} is ${record.view.phase} with nothing to wait for`];
}
