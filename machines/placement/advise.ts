// Which apps should move because their host is too full, and what each move would change. Pure; proposes, moves nothing.
import { size } from '../../catalog/quantity.ts';
import type { Advice, Move, Room } from './advice.ts';
import { obstacles } from './obstacles.ts';
import { freeDisk, freeMemory } from './room.ts';
import { type Candidate, type Need, rankHosts, WEIGHTS, type Weights } from './score.ts';

export interface Resident {
	instance: string;
	app: string;
	host: string;
	need: Need;
	/** Bytes it uses now; what it needs at least where that is not known. */
	memoryBytes: number;
	diskBytes: number;
}

/** Above this a host has too little left, in percent. */
export const FULL = 90;
/** A move must leave its new host below this. */
const COMFORTABLE = 80;

/** `whatIf`: only this one move, whatever the hosts are like. */
export function advise(
	candidates: readonly Candidate[],
	residents: readonly Resident[],
	whatIf: { instance: string; to: string } | null = null,
	weights: Weights = WEIGHTS,
): Advice {
	const hosts = candidates.map(roomOf);
	const heard = new Set(candidates.filter(({ presence }) => presence === 'online').map(({ facts }) => facts.host));
	const trouble = hosts.filter(({ host }) => heard.has(host)).flatMap(troubleOf);
	if (whatIf) return { hosts, trouble, ...tried(candidates, residents, whatIf) };
	const moves: Move[] = [];
	const refused: Advice['refused'] = [];
	let now = [...candidates];
	for (const { host } of trouble) {
		for (const resident of residents.filter((one) => one.host === host).sort(byMemory)) {
			const relief = reliefOf(now, resident, weights);
			if (!relief) continue;
			moves.push(relief.move);
			now = relief.after;
		}
		if (firstTrouble(now, host) !== null)
			refused.push({ instance: host, to: null, words: `no other host has room for what would have to leave ${host}` });
	}
	return { hosts, trouble, moves, refused };
}

/** The move of one app off its host, and the hosts after it; null when the host has no trouble, or nobody can take the app. */
function reliefOf(now: readonly Candidate[], resident: Resident, weights: Weights): { move: Move; after: Candidate[] } | null {
	const full = now.find(({ facts }) => facts.host === resident.host);
	const why = firstTrouble(now, resident.host);
	if (!full || why === null) return null;
	const others = now.filter((one) => one !== full);
	const best = rankHosts(resident.need, others, { pinned: null, avoid: [], instance: resident.instance }, weights)[0];
	const target = best && best.score !== null ? now.find(({ facts }) => facts.host === best.host) : undefined;
	if (!target) return null;
	const moved = afterMove(full, target, resident);
	if (isFull(roomOf(moved.to))) return null;
	const after = now.map((one) => (one === full ? moved.from : one === target ? moved.to : one));
	return { move: moveOf(full, target, moved, resident, why), after };
}

function firstTrouble(now: readonly Candidate[], host: string): string | null {
	const candidate = now.find(({ facts }) => facts.host === host);
	return (candidate && troubleOf(roomOf(candidate))[0]?.words) ?? null;
}

const byMemory = (a: Resident, b: Resident): number => b.memoryBytes - a.memoryBytes || (a.instance < b.instance ? -1 : 1);

function tried(
	candidates: readonly Candidate[],
	residents: readonly Resident[],
	{ instance, to }: { instance: string; to: string },
): Pick<Advice, 'moves' | 'refused'> {
	const no = (words: string) => ({ moves: [], refused: [{ instance, to, words }] });
	const resident = residents.find((one) => one.instance === instance);
	const from = candidates.find(({ facts }) => facts.host === resident?.host);
	const target = candidates.find(({ facts }) => facts.host === to);
	if (!resident || !from) return no(`${instance} is on no host that is known`);
	if (!target) return no(`there is no host called ${to}`);
	if (target === from) return no(`${instance} is on ${to} already`);
	const against = obstacles(resident.need, target, { pinned: to, avoid: [], instance });
	if (against.length > 0) return no(`${to} cannot take it: ${against.map(({ words }) => words).join(', ')}`);
	const moved = afterMove(from, target, resident);
	return { moves: [moveOf(from, target, moved, resident, 'asked for')], refused: [] };
}

/** What it takes now is free on its old host, and taken on its new one. */
function afterMove(from: Candidate, to: Candidate, { memoryBytes, diskBytes }: Resident): { from: Candidate; to: Candidate } {
	return {
		from: { ...from, reservedMemory: from.reservedMemory - memoryBytes, reservedDisk: from.reservedDisk - diskBytes },
		to: { ...to, reservedMemory: to.reservedMemory + memoryBytes, reservedDisk: to.reservedDisk + diskBytes },
	};
}

const moveOf = (
	from: Candidate,
	to: Candidate,
	after: { from: Candidate; to: Candidate },
	{ instance, app, memoryBytes }: Resident,
	why: string,
): Move => ({
	instance,
	app,
	from: from.facts.host,
	to: to.facts.host,
	memoryBytes,
	why,
	before: [roomOf(from), roomOf(to)],
	after: [roomOf(after.from), roomOf(after.to)],
});

export function roomOf(candidate: Candidate): Room {
	const disk = freeDisk(candidate);
	return {
		host: candidate.facts.host,
		memoryPercent: used(freeMemory(candidate), candidate.facts.memory.total),
		diskPercent: used(disk.free, disk.total),
	};
}

const used = (free: number, total: number): number =>
	total > 0 ? Math.max(0, Math.min(100, Math.round(1000 * (1 - free / total)) / 10)) : 0;

function troubleOf({ host, memoryPercent, diskPercent }: Room): Advice['trouble'] {
	const words: string[] = [];
	if (memoryPercent > FULL) words.push(`${Math.round(memoryPercent)} % of its memory is in use or promised`);
	if (diskPercent > FULL) words.push(`its disk is ${Math.round(diskPercent)} % full`);
	return words.length > 0 ? [{ host, words: words.join(', ') }] : [];
}

const isFull = ({ memoryPercent, diskPercent }: Room): boolean => memoryPercent > COMFORTABLE || diskPercent > COMFORTABLE;

/** `moving notes (512 MiB) from alder to birch: …` */
export function describeMove({ instance, memoryBytes, from, to, before, after }: Move): string {
	const change = before.map(({ host, memoryPercent, diskPercent }, index) => {
		const then = after[index];
		return then
			? `${host} memory ${Math.round(memoryPercent)} → ${Math.round(then.memoryPercent)} %, disk ${Math.round(diskPercent)} → ${Math.round(then.diskPercent)} %`
			: '';
	});
	return `${instance} (${size(memoryBytes)} of memory) from ${from} to ${to}: ${change.join('; ')}`;
}
