// The disaster copies: files from which one host alone can go on when the voters are lost. Who keeps one, how old they are, in
// plain words. Pure.
import type { Presence } from './contract.ts';
import { list } from './survives.ts';

export interface Keeper {
	host: string;
	presence: Presence;
	voter: boolean;
	/** It keeps none. */
	witness?: boolean;
	/** When its copy was complete last, ms; null: it has none. */
	copyAt: number | null;
	/** When its process started, ms. */
	startedAt: number;
}

/** Large ones are ten minutes old at most, so several rounds have failed. */
const OLD_MS = 15 * 60_000;
/** Fewer hosts than this have one voter at most: another one keeps a copy too. */
const ENOUGH_HOSTS = 3;

/** `hosts`: how many members there are, itself too. */
export function wantedCopy(votes: boolean, hosts: number): 'voter' | 'leaf' | 'none' {
	if (votes) return 'voter';
	return hosts < ENOUGH_HOSTS ? 'leaf' : 'none';
}

/** One sentence under the table of hosts; nothing while there is no copy. */
export function copyWords(hosts: readonly Keeper[], now: number): string[] {
	const kept = keepers(hosts).filter(({ copyAt }) => copyAt !== null);
	const oldest = Math.min(...kept.map(({ copyAt }) => copyAt ?? now));
	if (kept.length === 0) return [];
	const names = kept.map(({ host }) => host);
	const whose = names.length === 1 ? `${names[0]} keeps a copy` : `${list(names, 'and')} keep copies`;
	return [
		`${whose} of the cluster's data for \`covey recover\`, ${names.length === 1 ? '' : 'at most '}${ageWords(now - oldest)} old.`,
	];
}

/** Hosts that are up and should have a fresher copy. */
export const behindWithCopy = (hosts: readonly Keeper[], now: number): Keeper[] =>
	keepers(hosts).filter(
		({ presence, copyAt, startedAt }) => presence === 'online' && now - Math.max(copyAt ?? 0, startedAt) > OLD_MS,
	);

/** `40 s`, `12 min`, `5 h`, `3 days` */
export function ageWords(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / 1000));
	if (seconds < 120) return `${seconds} s`;
	if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
	return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

const keepers = (hosts: readonly Keeper[]): Keeper[] =>
	hosts.filter(({ voter, witness }) => !witness && wantedCopy(voter, hosts.length) !== 'none');
