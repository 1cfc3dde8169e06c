// Where should an app live? Pure: needs, hosts and what is promised there in; a ranking with reasons in plain words out.
import { size } from '../../catalog/quantity.ts';
import { rendezvous } from '../../runtime/engine/rendezvous.ts';
import type { Candidate, Need, Wish } from './candidate.ts';
import { ruledOutByData } from './kept-data.ts';
import { type Obstacle, obstacles } from './obstacles.ts';
import { freeDisk, freeMemory } from './room.ts';
import { WEIGHTS, type Weights } from './weights.ts';

export type { Candidate, Need, Wish } from './candidate.ts';
export { obstaclesHere } from './obstacles.ts';
export { dataDisk } from './room.ts';
export { WEIGHTS, type Weights } from './weights.ts';
export { size };

export interface Ranked {
	host: string;
	/** 0-100, or null when ruled out. */
	score: number | null;
	reasons: string[];
}

/** Fewer points apart than this is no difference: facts are seconds old, and many may choose in the same moment. */
const ABOUT_EQUAL = 3;
/** For each app or shared server it is connected with on that host, at most three times. */
const NEAR_POINTS = 4;
const NEAR_MOST = 3;

/** Best first; ruled-out hosts last, each with why. */
export function rankHosts(
	need: Need,
	candidates: readonly Candidate[],
	wish: Wish,
	weights: Weights = WEIGHTS,
): (Ranked & { obstacles: Obstacle[] })[] {
	const byData = ruledOutByData(candidates, wish);
	const ranked = candidates.map((candidate) => rank(need, candidate, wish, weights, byData));
	ranked.sort((a, b) => (b.score ?? -1) - (a.score ?? -1) || (a.host < b.host ? -1 : 1));
	const best = ranked[0]?.score ?? 0;
	const equals = ranked.filter(({ score }) => score !== null && best - score < ABOUT_EQUAL);
	if (equals.length > 1) {
		const draw = new Map(equals.map(({ host }) => [host, rendezvous(wish.instance, host)]));
		equals.sort((a, b) => (draw.get(b.host) ?? 0) - (draw.get(a.host) ?? 0));
	}
	const ordered = [...equals, ...ranked.slice(equals.length)];
	const kept = ordered.findIndex(({ host, score }) => host === wish.preferred && score !== null);
	if (kept > 0) return [...ordered.splice(kept, 1), ...ordered];
	const [first] = ordered;
	if (first && ranked[0] && first !== ranked[0]) first.reasons.push(`about as good as ${ranked[0].host}, and drawn`);
	return ordered;
}

function rank(
	need: Need,
	candidate: Candidate,
	wish: Wish,
	weights: Weights,
	byData: ReadonlyMap<string, string>,
): Ranked & { obstacles: Obstacle[] } {
	const { host } = candidate.facts;
	const against = obstacles(need, candidate, wish, byData);
	if (against.length > 0) return { host, score: null, reasons: against.map(({ words }) => words), obstacles: against };
	const shares = sharesOf(candidate);
	let sum = 0;
	let all = 0;
	for (const name of Object.keys(shares) as (keyof Weights)[]) {
		sum += weights[name] * shares[name];
		all += weights[name];
	}
	const score = Math.min(100, (all > 0 ? (100 * sum) / all : 0) + nearPoints(wish, host));
	return { host, score: Math.round(score * 10) / 10, reasons: reasonsFor(candidate, wish), obstacles: [] };
}

/** Points beside the shares. */
export const nearPoints = ({ near }: Pick<Wish, 'near'>, host: string): number =>
	Math.min(NEAR_MOST, near?.get(host)?.length ?? 0) * NEAR_POINTS;

export function sharesOf(candidate: Candidate): Record<keyof Weights, number> {
	const { facts } = candidate;
	const disk = freeDisk(candidate);
	return {
		memory: share(freeMemory(candidate), facts.memory.total),
		disk: share(disk.free, disk.total),
		cpu: 1 - share(facts.cpu.percent, 100),
		load: 1 - share(facts.cpu.load[0], facts.cpu.cores),
		reliability: Math.max(0, Math.min(1, facts.uptimeShare)),
	};
}

function reasonsFor(candidate: Candidate, wish: Wish): string[] {
	const { facts } = candidate;
	const reasons = [
		`${size(freeMemory(candidate))} of ${size(facts.memory.total)} memory free`,
		`${size(freeDisk(candidate).free)} of disk free`,
		`processor ${Math.round(facts.cpu.percent)} % busy, load ${facts.cpu.load[0].toFixed(1)} on ${facts.cpu.cores} cores`,
	];
	if (candidate.reservedMemory > 0) reasons.push(`${size(candidate.reservedMemory)} memory kept for apps on their way`);
	if (facts.uptimeShare < 0.99) reasons.push(`up ${Math.round(facts.uptimeShare * 100)} % of the time`);
	reasons.unshift(...(wish.near?.get(facts.host) ?? []));
	const hasData = !wish.fresh && facts.data?.some((one) => one.instance === wish.instance && one.app === wish.app);
	if (hasData) reasons.unshift('its data is there');
	if (wish.pinned === facts.host) reasons.unshift('chosen by a person');
	return reasons;
}

const share = (part: number, whole: number): number => (whole > 0 ? Math.max(0, Math.min(1, part / whole)) : 0);
