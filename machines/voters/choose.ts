// Which change of the voters is next: one at a time, and none that could cost the majority. Pure.
//
// C1. Nothing is begun unless a majority is up, and would be up after it.
// C2. First as many voters as there shall be, then the copies of the data, then those leave that are too many.
// C3. A voter that is silent is waited for ten minutes; growing is begun only if all newcomers it takes are up.

export interface Standing {
	host: string;
	/** Its server's name in the group: `alder-1`. */
	server: string;
	/** What its member document says. */
	role: 'voter' | 'leaf';
	/** The group of voters counts it. */
	counted: boolean;
	/** Its server runs as a voter's; null when it does not say. */
	runsAsVoter: boolean | null;
	witness: boolean;
	/** Since when nobody has heard it, ms; null while it is up. */
	offlineSince: number | null;
	/** 0-1 */
	uptimeShare: number;
	/** How many of the cluster's buckets it has copies of. */
	held: number;
	/** It leaves, or is forgotten. */
	excluded: boolean;
	/** It could not become a voter a short while ago. */
	avoided: boolean;
}

export interface Situation {
	members: readonly Standing[];
	/** How many voters there shall be when there are enough hosts. */
	wanted: 3 | 5;
	/** How many copies there are of the bucket with the fewest, how many there shall be of that with the most; whether all are complete. */
	copies: {
		lowest: number;
		highest: number;
		settled: boolean;
		/** Copies of the timeline, and how many there shall be; absent where nobody can tell. No majority depends on it. */
		timeline?: { copies: number; wanted: number } | null;
	};
	/** ms */
	now: number;
}

export type Choice =
	/** `waiting`: something is to be done, but not now. */
	| { change: 'none'; waiting: boolean; reason: string }
	| { change: 'promote'; host: string; server: string; reason: string }
	/** Done by the voter `by`. `keep`: the server whose copy stays when there is to be only one. */
	| { change: 'replicate'; by: string; copies: number; keep: string | null; reason: string }
	/** `to`: the host that sees to it, and takes over what only the leaving one holds. */
	| { change: 'demote'; host: string; server: string; to: string; reason: string }
	| { change: 'settle'; host: string; reason: string };

export const REPLACE_AFTER_MS = 10 * 60_000;

export function choose(situation: Situation): Choice {
	const { members } = situation;
	const voters = members.filter(({ counted }) => counted);
	if (!isMajority(voters.filter(isUp).length, voters.length))
		return waiting(`a majority is needed; missing: ${namesOf(voters.filter(isAway))}`);
	const holders = voters.filter(({ held }) => held > 0);
	if (!isMajority(holders.filter(isUp).length, holders.length))
		return waiting(`a majority of those that hold the cluster's data is needed; missing: ${namesOf(holders.filter(isAway))}`);
	const unfinished = finish(members, voters);
	if (unfinished) return unfinished;
	const staying = voters.filter(({ excluded }) => !excluded);
	const candidates = members.filter((member) => isCandidate(member));
	const size = sizeFor(staying.length + candidates.length, situation.wanted);
	if (size === 0) return waiting(`no other host could hold the cluster's data for ${namesOf(voters)}`);
	const keep = [...staying, ...candidates].sort(byRank(size, situation.now)).slice(0, size);
	return (
		promotion(situation, voters, keep) ??
		replication(situation, voters, keep) ??
		demotion(situation, voters, keep) ??
		steady(situation, voters)
	);
}

/** 1, 3 or 5; 0 for nobody. */
export const sizeFor = (hosts: number, wanted: 3 | 5): number =>
	hosts >= 5 && wanted === 5 ? 5 : hosts >= 3 ? 3 : Math.min(hosts, 1);

export const isMajority = (up: number, of: number): boolean => up * 2 > of;

const isUp = ({ offlineSince }: Standing): boolean => offlineSince === null;
const isAway = (member: Standing): boolean => !isUp(member);
const isGone = ({ offlineSince }: Standing, now: number): boolean =>
	offlineSince !== null && now - offlineSince >= REPLACE_AFTER_MS;
const isCandidate = (member: Standing): boolean =>
	!member.counted && member.role === 'leaf' && isUp(member) && !member.excluded && !member.avoided;

/** A demotion that was killed in the middle, and hosts that have not heard of theirs. */
function finish(members: readonly Standing[], voters: readonly Standing[]): Choice | null {
	const removed = members.find(({ role, counted }) => role === 'voter' && !counted);
	const to = voters.find((voter) => isUp(voter) && voter.server !== removed?.server);
	if (removed && to)
		return { ...leaving(removed, to), reason: `${removed.host} is no voter any more; it becomes an ordinary host` };
	const unaware = members.find((one) => one.role === 'leaf' && !one.counted && one.runsAsVoter === true && isUp(one));
	if (!unaware) return null;
	return { change: 'settle', host: unaware.host, reason: `${unaware.host} is no voter any more and has not noticed` };
}

function promotion({ members, now }: Situation, voters: readonly Standing[], keep: readonly Standing[]): Choice | null {
	if (voters.length > keep.length && keep.some(({ counted }) => counted)) return null;
	// One that is counted already was killed before its document said so.
	const missing = keep.filter((one) => one.role === 'leaf' && isUp(one)).sort((a, b) => Number(b.counted) - Number(a.counted));
	const [next] = missing;
	if (!next) return null;
	const lost = voters.find((voter) => !keep.includes(voter));
	const why = lost ? reasonToGo(lost, now) : `there are ${countOf(members)} hosts now`;
	return { change: 'promote', host: next.host, server: next.server, reason: `${next.host} becomes a voter because ${why}` };
}

function replication({ copies }: Situation, voters: readonly Standing[], keep: readonly Standing[]): Choice | null {
	const size = keep.length;
	const up = voters.filter(isUp).length;
	const replicate = (wanted: number, reason: string): Choice => {
		const kept = wanted === 1 ? (keep[0]?.server ?? null) : null;
		return { change: 'replicate', by: hostOf(keep, voters), copies: wanted, keep: kept, reason };
	};
	if (size === 1) {
		const [one] = keep;
		if (voters.length > 2 || !one?.counted) return null;
		const leaver = voters.find((voter) => voter !== one);
		if (leaver && leaver.held > 0 && copies.lowest === 1 && up === 2)
			return replicate(2, `${one.host} gets a copy of everything ${leaver.host} holds`);
		if (
			Math.max(copies.highest, copies.timeline?.wanted ?? 1) > 1 &&
			up === voters.length &&
			(copies.settled || voters.length === 1)
		)
			return replicate(1, `only ${one.host} stays a voter`);
		return null;
	}
	const { lowest, highest, timeline } = copies;
	const isDone = [lowest, highest, timeline?.copies ?? size, timeline?.wanted ?? size].every((count) => count === size);
	if (voters.length < size || isDone || up < size) return null;
	return replicate(size, `with ${voters.length} voters each of ${size} hosts holds a copy of the cluster's data`);
}

function demotion({ copies, now }: Situation, voters: readonly Standing[], keep: readonly Standing[]): Choice | null {
	const surplus = voters.filter((voter) => !keep.includes(voter));
	const [first] = surplus.sort(
		(a, b) => Number(isAway(b)) - Number(isAway(a)) || Number(b.excluded) - Number(a.excluded) || a.held - b.held,
	);
	const to = keep.find(isUp);
	if (!first || !to) return null;
	const others = voters.filter((voter) => voter !== first);
	const reason = `${first.host} stops being a voter because ${reasonToGo(first, now)}`;
	if (!isMajority(others.filter(isUp).length, others.length))
		return waiting(`${reason}, once ${namesOf(others.filter(isAway))} is up`);
	if (first.held > 0 && copies.lowest === 1)
		return isUp(first) ? copyBefore(voters, first) : waiting(`only ${first.host} holds the cluster's data, and it is offline`);
	if (isUp(first) && !copies.settled) return waiting(`${reason}, once all copies of the data are complete`);
	return { ...leaving(first, to), reason };
}

function copyBefore(voters: readonly Standing[], leaver: Standing): Choice {
	const copies = Math.min(voters.filter(isUp).length, 3);
	return {
		change: 'replicate',
		by: hostOf([], voters),
		copies,
		keep: null,
		reason: `what ${leaver.host} holds is copied before it leaves`,
	};
}

function steady({ members, now }: Situation, voters: readonly Standing[]): Choice {
	const away = voters.filter(isAway);
	const of = `${voters.length} of ${countOf(members)} hosts hold${voters.length === 1 && countOf(members) > 1 ? 's' : ''} the cluster's data: ${namesOf(voters)}`;
	if (away.length === 0) return { change: 'none', waiting: false, reason: of };
	const gone = away.every((voter) => isGone(voter, now));
	const what = gone ? 'and no other host could take over' : 'and is waited for ten minutes';
	return { change: 'none', waiting: false, reason: `${of}; ${namesOf(away)} is offline ${what}` };
}

/** Best first: voters that are up or back soon, newcomers, voters that are gone. */
const byRank =
	(size: number, now: number) =>
	(a: Standing, b: Standing): number => {
		const [left, right] = [rankOf(a, size, now), rankOf(b, size, now)];
		const at = left.findIndex((value, index) => value !== right[index]);
		return at < 0 ? (a.server < b.server ? -1 : 1) : (left[at] ?? 0) - (right[at] ?? 0);
	};

function rankOf(one: Standing, size: number, now: number): number[] {
	const alone = size === 1;
	const tier = one.counted ? (isGone(one, now) ? 2 : 0) : 1;
	return [alone && one.witness ? 1 : 0, tier, isUp(one) ? 0 : 1, alone ? -one.held : 0, one.witness ? 1 : 0, -one.uptimeShare];
}

/** A voter that is up, one that stays if there is one. */
const hostOf = (keep: readonly Standing[], voters: readonly Standing[]): string =>
	[...keep, ...voters].find((one) => one.counted && isUp(one))?.host ?? '';

const leaving = ({ host, server }: Standing, to: Standing) => ({ change: 'demote', host, server, to: to.host }) as const;
const waiting = (reason: string): Choice => ({ change: 'none', waiting: true, reason });

function reasonToGo(voter: Standing, now: number): string {
	if (voter.excluded) return `${voter.host} leaves`;
	if (isGone(voter, now)) return `${voter.host} is offline for more than ten minutes`;
	return 'fewer voters are enough';
}

const countOf = (members: readonly Standing[]): number =>
	new Set(members.filter(({ excluded }) => !excluded).map(({ host }) => host)).size;
const namesOf = (members: readonly Standing[]): string => [...new Set(members.map(({ host }) => host))].sort().join(', ');
