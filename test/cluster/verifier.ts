// Ends every scenario: V1-V9 of the design, checked against what is really there. Pure, so that it can be tried itself.

import { InstallData, RESTING } from '../../machines/install/contract.ts';
import { installKind } from '../../machines/install/kind.ts';
import type { Stored } from '../../runtime/engine/record.ts';
import { replay } from '../../runtime/engine/replay.ts';
import { type Findings, type HostFindings, newest } from './findings.ts';

/** Each complaint begins with the number of the invariant. Empty: all hold. */
export function verify(findings: Findings): string[] {
	return [
		...[...findings.histories].flatMap(([actor, history]) => [
			...steps(actor, history),
			...owners(actor, history),
			...commands(actor, history),
			...folds(actor, history),
			...rests(actor, history),
		]),
		...acknowledged(findings),
		...findings.hosts.flatMap((host) => [...effects(findings, host), ...fences(host)]),
		...units(findings),
		...data(findings),
	];
}

/** One compare-and-set per step: seq rises by one or stays (owner, parking), never falls or jumps. */
function steps(actor: string, history: readonly Stored[]): string[] {
	const complaints: string[] = [];
	for (let i = 1; i < history.length; i++) {
		const before = (history[i - 1] as Stored).record;
		const { record } = history[i] as Stored;
		if (record.seq !== before.seq && record.seq !== before.seq + 1)
			complaints.push(`V2 ${actor}: seq ${before.seq} is followed by ${record.seq}`);
		if (record.seq === before.seq && record.epoch === before.epoch && !record.parked === !before.parked)
			complaints.push(`V2 ${actor}: two commits of seq ${record.seq} in epoch ${record.epoch}`);
	}
	return complaints;
}

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

function acknowledged({ acknowledged, histories }: Findings): string[] {
	return acknowledged.flatMap(({ actor, seq, cmdId }) => {
		const history = histories.get(actor) ?? [];
		const found = history.some(
			({ record }) => record.seq === seq && (cmdId === undefined || record.seen.some(([id, at]) => id === cmdId && at === seq)),
		);
		return found
			? []
			: [`V4 ${actor}: step ${seq}${cmdId ? ` of command ${cmdId}` : ''} was acknowledged and is not in the history`];
	});
}

/** A job began only after the commit that asked for it, with the token of that commit. */
function effects({ histories }: Findings, { host, jobs }: HostFindings): string[] {
	return jobs.flatMap(({ key, actor, token, created }) => {
		const history = histories.get(actor);
		const asked = history?.find(
			({ record }) => record.seq === token && Object.values(record.effects).some((effect) => effect.key === key),
		);
		if (!asked) return [`V1 ${actor}: ${host} ran ${key}, which no commit asked for`];
		return asked.record.last.at > created + 5
			? [`V1 ${actor}: ${host} began ${key} ${asked.record.last.at - created} ms before its step`]
			: [];
	});
}

/** A host never begins a job of an epoch below one it has seen. */
function fences({ host, log, jobs }: HostFindings): string[] {
	const epochOf = new Map(jobs.map(({ key, epoch }) => [key, epoch]));
	const highest = new Map<string, number>();
	const complaints: string[] = [];
	for (const line of log) {
		if (line.type === 'jobRefused') {
			const actor = String(line.key).split('/').slice(0, 2).join('/');
			if (Number(line.epoch) >= Number(line.seen))
				complaints.push(`V3 ${actor}: ${host} refused epoch ${line.epoch} though it had seen ${line.seen} only`);
			highest.set(actor, Math.max(highest.get(actor) ?? 0, Number(line.seen)));
		}
		if (line.type === 'jobBegan') {
			const actor = String(line.key).split('/').slice(0, 2).join('/');
			// The journal holds the job's latest epoch: it can only be higher than the one it began in.
			const epoch = epochOf.get(String(line.key)) ?? Number.POSITIVE_INFINITY;
			if (epoch < (highest.get(actor) ?? 0))
				complaints.push(`V3 ${actor}: ${host} began ${line.key} in epoch ${epoch} after ${highest.get(actor)}`);
		}
	}
	return complaints;
}

function units({ units, hosts, histories }: Findings): string[] {
	const complaints: string[] = [];
	const places = new Map<string, string[]>();
	for (const { instance, host, pid } of units) places.set(instance, [...(places.get(instance) ?? []), `${host}:${pid}`]);
	for (const [instance, where] of places)
		if (where.length > 1) complaints.push(`V7 ${instance} runs ${where.length} times: ${where.join(', ')}`);
	for (const { instance, host } of units) {
		const planned = hosts.filter(({ plan }) => plan && instance in plan.apps).map((one) => one.host);
		if (!planned.includes(host))
			complaints.push(`V7 ${instance} runs on ${host}, but is in the plan of ${planned.join(', ') || 'nobody'}`);
	}
	for (const [actor, history] of histories) {
		const instance = actor.split('/')[1] as string;
		const planned = hosts.filter(({ plan }) => plan && instance in plan.apps).map(({ host }) => host);
		if (planned.length > 1) complaints.push(`V7 ${instance} is in the plans of ${planned.join(' and ')}`);
		const record = newest(history);
		if (record?.view.phase === 'running' && !places.has(instance))
			complaints.push(`V7 ${instance} is called running and has no process`);
		if ((record?.view.phase === 'rolledBack' || record?.view.phase === 'removed') && (places.has(instance) || planned.length > 0))
			complaints.push(
				`V7 ${instance} is ${record.view.phase} and still there: ${planned.join(', ')} ${places.get(instance)?.join(', ') ?? ''}`,
			);
	}
	return complaints;
}

/** Whoever has run has its data where it says it lives. */
function data({ histories, hosts }: Findings): string[] {
	return [...histories].flatMap(([actor, history]) => {
		const instance = actor.split('/')[1] as string;
		const view = newest(history)?.view;
		const hasRun = history.some(({ record }) => record.view.phase === 'running');
		const told = InstallData.safeParse(view?.data);
		if (!hasRun || !told.success || !told.data.host || view?.phase === 'removed') return [];
		const home = hosts.find(({ host }) => host === told.data.host);
		return home?.data.includes(instance) ? [] : [`V8 ${instance} has run on ${told.data.host}, where its data is missing`];
	});
}

function folds(actor: string, history: readonly Stored[]): string[] {
	const { difference } = replay(installKind, history);
	return difference ? [`V2 ${actor} cannot be replayed: ${difference}`] : [];
}

/** V10: nobody waits without a limit or a reason. */
function rests(actor: string, history: readonly Stored[]): string[] {
	const record = newest(history);
	if (!record || record.parked) return record?.parked ? [`V10 ${actor} is parked: ${record.parked.reason}`] : [];
	const isResting = (RESTING as readonly string[]).includes(record.view.phase);
	return isResting || Object.keys(record.timers).length > 0 || Object.keys(record.effects).length > 0
		? []
		: [`V10 ${actor} is ${record.view.phase} with nothing to wait for`];
}
