// Where should an app live? Pure: needs, hosts and reservations in; a ranking with reasons in plain words out.
import { size } from '../../catalog/quantity.ts';
import { rendezvous } from '../../runtime/engine/rendezvous.ts';
import type { HostFacts, Presence } from '../host/contract.ts';

export { size };

export interface Need {
	/** Bytes. */
	memoryBytes: number;
	diskBytes: number;
	/** The driver that can run it: `process`. */
	driver: string;
}

export interface Candidate {
	facts: HostFacts;
	presence: Presence;
	/** Promised to apps that do not use it yet, bytes. */
	reservedMemory: number;
	reservedDisk: number;
}

export interface Wish {
	/** The host a person named, or null. */
	pinned: string | null;
	/** Hosts that died under this install. */
	avoid: readonly string[];
	/** Name of the instance: spreads installs asked at the same moment over hosts that are about equal. */
	instance: string;
}

export interface Ranked {
	host: string;
	/** 0-100, or null when ruled out. */
	score: number | null;
	reasons: string[];
}

/** Shares of the score, in sum 100 (FEATURES P1). */
export const WEIGHTS = { memory: 40, disk: 30, cpu: 15, load: 10, reliability: 5 } as const;

/** Fewer points apart than this is no difference: facts are seconds old, and many may choose in the same moment. */
const ABOUT_EQUAL = 3;

/** Best first; ruled-out hosts last, each with why. */
export function rankHosts(need: Need, candidates: readonly Candidate[], wish: Wish): Ranked[] {
	const ranked = candidates.map((candidate) => rank(need, candidate, wish));
	ranked.sort((a, b) => (b.score ?? -1) - (a.score ?? -1) || (a.host < b.host ? -1 : 1));
	const best = ranked[0]?.score ?? 0;
	const equals = ranked.filter(({ score }) => score !== null && best - score < ABOUT_EQUAL);
	equals.sort((a, b) => rendezvous(wish.instance, b.host) - rendezvous(wish.instance, a.host));
	return [...equals, ...ranked.slice(equals.length)];
}

function rank(need: Need, candidate: Candidate, wish: Wish): Ranked {
	const { host } = candidate.facts;
	const against = obstacles(need, candidate, wish);
	if (against.length > 0) return { host, score: null, reasons: against };
	const shares = sharesOf(candidate);
	const score = Object.entries(WEIGHTS).reduce((sum, [name, weight]) => sum + weight * shares[name as keyof typeof WEIGHTS], 0);
	return { host, score: Math.round(score * 10) / 10, reasons: reasonsFor(candidate, wish) };
}

function obstacles(need: Need, candidate: Candidate, wish: Wish): string[] {
	const { facts } = candidate;
	const against: string[] = [];
	if (wish.pinned && wish.pinned !== facts.host) against.push(`another host was asked for: ${wish.pinned}`);
	if (candidate.presence === 'offline') against.push('it is offline');
	if (candidate.presence === 'stale') against.push('it has not been heard for a moment');
	if (wish.avoid.includes(facts.host)) against.push('it died while this was being installed there');
	if (facts.cordoned && wish.pinned !== facts.host) against.push('it is cordoned');
	if (!facts.drivers.includes(need.driver)) against.push(`it cannot run ${need.driver} apps`);
	const memory = freeMemory(candidate);
	if (memory < need.memoryBytes) against.push(`${size(memory)} of memory free, ${size(need.memoryBytes)} needed`);
	const disk = freeDisk(candidate);
	if (disk < need.diskBytes) against.push(`${size(disk)} of disk free, ${size(need.diskBytes)} needed`);
	return against;
}

/** The hard limits of one host, looked at again where the app is about to be installed. */
export function obstaclesHere(
	need: Need,
	candidate: Candidate,
): { code: 'NOT_ENOUGH_MEMORY' | 'NOT_ENOUGH_DISK'; words: string } | null {
	const memory = freeMemory(candidate);
	if (memory < need.memoryBytes)
		return { code: 'NOT_ENOUGH_MEMORY', words: `${size(memory)} of memory free, ${size(need.memoryBytes)} needed` };
	const disk = freeDisk(candidate);
	if (disk < need.diskBytes)
		return { code: 'NOT_ENOUGH_DISK', words: `${size(disk)} of disk free, ${size(need.diskBytes)} needed` };
	return null;
}

function sharesOf(candidate: Candidate): Record<keyof typeof WEIGHTS, number> {
	const { facts } = candidate;
	const disk = dataDisk(facts);
	return {
		memory: share(freeMemory(candidate), facts.memory.total),
		disk: disk ? share(freeDisk(candidate), disk.total) : 0,
		cpu: 1 - share(facts.cpu.percent, 100),
		load: 1 - share(facts.cpu.load[0], facts.cpu.cores),
		reliability: Math.max(0, Math.min(1, facts.uptimeShare)),
	};
}

function reasonsFor(candidate: Candidate, wish: Wish): string[] {
	const { facts } = candidate;
	const reasons = [
		`${size(freeMemory(candidate))} of ${size(facts.memory.total)} memory free`,
		`${size(freeDisk(candidate))} of disk free`,
		`processor ${Math.round(facts.cpu.percent)} % busy, load ${facts.cpu.load[0].toFixed(1)} on ${facts.cpu.cores} cores`,
	];
	if (candidate.reservedMemory > 0) reasons.push(`${size(candidate.reservedMemory)} memory kept for apps on their way`);
	if (facts.uptimeShare < 0.99) reasons.push(`up ${Math.round(facts.uptimeShare * 100)} % of the time`);
	if (wish.pinned === facts.host) reasons.unshift('chosen by a person');
	return reasons;
}

const freeMemory = ({ facts, reservedMemory }: Candidate): number => Math.max(0, facts.memory.available - reservedMemory);

const freeDisk = ({ facts, reservedDisk }: Candidate): number => Math.max(0, (dataDisk(facts)?.available ?? 0) - reservedDisk);

export const dataDisk = (facts: HostFacts) => facts.disks.find(({ data }) => data) ?? facts.disks[0];

const share = (part: number, whole: number): number => (whole > 0 ? Math.max(0, Math.min(1, part / whole)) : 0);
