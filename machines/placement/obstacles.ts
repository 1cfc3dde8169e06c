// The hard limits: what rules a host out, and under which code a person is told. Pure.
import { size } from '../../catalog/quantity.ts';
import type { Candidate, Need, Wish } from './candidate.ts';
import { freeDisk, freeMemory } from './room.ts';

export interface Obstacle {
	/** HOST_UNREACHABLE: it may pass in a moment. */
	code: 'NO_SUITABLE_HOST' | 'HOST_UNREACHABLE' | 'DATA_ELSEWHERE' | 'NOT_ENOUGH_MEMORY' | 'NOT_ENOUGH_DISK' | 'PORT_IN_USE';
	words: string;
}

/** Everything that is against a host. */
export function obstacles(
	need: Need,
	candidate: Candidate,
	wish: Wish,
	/** By host: why the data of an earlier install is against it. */
	byData: ReadonlyMap<string, string> = new Map(),
): Obstacle[] {
	// Nothing else about it matters.
	if (candidate.facts.witness) return [unsuitable('it is a witness: it votes, and runs no apps')];
	const data = byData.get(candidate.facts.host);
	return [
		...standing(candidate, wish),
		...(data === undefined ? [] : [{ code: 'DATA_ELSEWHERE' as const, words: data }]),
		...kind(need, candidate).map(unsuitable),
		...room(need, candidate, wish.extraMemory?.get(candidate.facts.host) ?? 0),
		...ports(need, candidate),
	];
}

const unsuitable = (words: string): Obstacle => ({ code: 'NO_SUITABLE_HOST', words });

/** The limits of one host that change from second to second, looked at again where the app is about to be installed. */
export function obstaclesHere(need: Need, candidate: Candidate): Obstacle | null {
	return [...room(need, candidate, 0), ...ports(need, candidate)][0] ?? null;
}

function standing({ facts, presence }: Candidate, wish: Wish): Obstacle[] {
	const against: Obstacle[] = [];
	if (wish.pinned && wish.pinned !== facts.host) against.push(unsuitable(`another host was asked for: ${wish.pinned}`));
	if (presence === 'offline') against.push(unsuitable('it is offline'));
	if (presence === 'stale') against.push({ code: 'HOST_UNREACHABLE', words: 'it has not been heard for a moment' });
	if (wish.avoid.includes(facts.host)) against.push(unsuitable('it died while this was being installed there'));
	if (facts.cordoned && wish.pinned !== facts.host) against.push(unsuitable('it is cordoned'));
	return against;
}

function kind({ driver, arch = [], devices = [], labels = {} }: Need, { facts }: Candidate): string[] {
	const against: string[] = [];
	if (!facts.drivers.includes(driver))
		against.push(driver === 'process' ? 'it cannot run apps as processes' : 'it cannot run apps in containers');
	if (arch.length > 0 && !arch.includes(facts.os.arch))
		against.push(`its processor is ${facts.os.arch}, not ${arch.join(' or ')}`);
	for (const device of devices) if (!facts.devices.includes(device)) against.push(`it has no ${device}`);
	for (const [name, value] of Object.entries(labels)) {
		const has = facts.labels[name];
		if (has === value) continue;
		against.push(has === undefined ? `it has no label ${name}=${value}` : `its label ${name} is ${has}, not ${value}`);
	}
	return against;
}

function room(need: Need, candidate: Candidate, extraMemory: number): Obstacle[] {
	const against: Obstacle[] = [];
	const memory = freeMemory(candidate);
	const wanted = need.memoryBytes + extraMemory;
	if (memory < wanted)
		against.push({ code: 'NOT_ENOUGH_MEMORY', words: `${size(memory)} of memory free, ${size(wanted)} needed` });
	const { free } = freeDisk(candidate);
	if (free < need.diskBytes)
		against.push({ code: 'NOT_ENOUGH_DISK', words: `${size(free)} of disk free, ${size(need.diskBytes)} needed` });
	return against;
}

function ports({ ports: wanted = [] }: Need, candidate: Candidate): Obstacle[] {
	return wanted.flatMap((port): Obstacle[] => {
		const holder = candidate.ports?.get(port);
		if (holder === undefined) return [];
		return [{ code: 'PORT_IN_USE', words: `port ${port} is used by ${holder}, ${nextFree(port, candidate)} is free` }];
	});
}

/** As far as is known of that host; whether a program that is not Covey's has it is seen there. */
function nextFree(port: number, { ports: taken }: Candidate): number {
	let free = port + 1;
	while (taken?.has(free)) free++;
	return free;
}
