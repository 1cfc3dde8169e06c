// What a cluster survives, in plain words: pure, over who votes and who can be heard. Honest above all about one and two hosts.
import type { Presence } from './contract.ts';
import { majorityOf } from './quorum.ts';

export interface Standby {
	host: string;
	presence: Presence;
	voter: boolean;
	witness: boolean;
}

/** One or two sentences, the most important first. */
export function survivesWords(hosts: readonly Standby[]): string[] {
	const voters = hosts.filter(({ voter }) => voter);
	const followers = hosts.filter(({ voter, witness }) => !voter && !witness).map(({ host }) => host);
	if (voters.length === 0) return [];
	const alive = voters.filter(({ presence }) => presence === 'online').map(({ host }) => host);
	const needed = majorityOf(voters.length);
	if (alive.length < needed) return [lostWords(voters, alive, needed)];
	const lone = voters.length === 1 ? voters[0]?.host : undefined;
	if (lone !== undefined) return loneWords(lone, followers);
	return [majorityWords(voters, alive, alive.length - needed), ...followerWords(followers)];
}

function lostWords(voters: readonly Standby[], alive: string[], needed: number): string {
	const away = voters.filter(({ host }) => !alive.includes(host)).map(({ host }) => host);
	return `Nothing can be changed now: ${needed} of ${voters.length} voting hosts ${needed === 1 ? 'is' : 'are'} needed, ${list(away, 'and')} ${away.length === 1 ? 'is' : 'are'} away. Running apps go on.`;
}

function loneWords(lone: string, followers: string[]): string[] {
	if (followers.length === 0)
		return [`If ${lone} dies, everything stops until it is back: it is the only host. Its data is on its disk only.`];
	return [
		`If ${lone} dies, apps on ${list(followers, 'and')} go on, but nothing can be changed until it is back: it alone votes.`,
		`${list(followers, 'or')} may die: everything but its own apps goes on.`,
		...(followers.length === 1
			? ['A third host, or a witness on any small device (`covey join - --witness`), makes it safe for any one to die.']
			: []),
	];
}

function majorityWords(voters: readonly Standby[], alive: string[], spare: number): string {
	const names = alive.join(', ');
	if (spare === 0) {
		const away = voters.filter(({ host }) => !alive.includes(host)).map(({ host }) => host);
		const because = away.length > 0 ? `${list(away, 'and')} ${away.length === 1 ? 'is' : 'are'} away: ` : '';
		const words = `${because}${noneOf(alive)} may die now, or nothing can be changed until a voting host is back.`;
		return because === '' ? words.slice(0, 1).toUpperCase() + words.slice(1) : words;
	}
	return `Any ${spare === 1 ? 'one' : (NUMBERS[spare] ?? spare)} of the ${alive.length} voting hosts ${names} may die: everything but the apps on it goes on.`;
}

const NUMBERS = ['none', 'one', 'two', 'three'];

function followerWords(followers: string[]): string[] {
	const [only] = followers;
	if (only === undefined) return [];
	if (followers.length === 1) return [`${only} follows without a vote: if it dies, only its own apps stop.`];
	return [`${list(followers, 'and')} follow without a vote: if one dies, only its own apps stop.`];
}

/** `neither a nor b`, `none of a, b, c` */
export function noneOf(names: readonly string[]): string {
	const [first, second] = names;
	return names.length === 2
		? `neither ${first} nor ${second}`
		: names.length === 1
			? `not even ${first}`
			: `none of ${names.join(', ')}`;
}

/** `a, b and c`; a long list is cut. */
export function list(names: readonly string[], word: 'and' | 'or'): string {
	if (names.length > 6) return `${names.slice(0, 5).join(', ')} ${word} ${names.length - 5} more`;
	return names.length < 2 ? (names[0] ?? 'nobody') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;
}
