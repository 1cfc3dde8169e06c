// What is missing when the store takes no changes: pure, over what is known of the voters.
import type { Presence } from './contract.ts';

export interface Voter {
	host: string;
	presence: Presence;
}

export interface Need {
	/** A majority of all voters. */
	needed: number;
	voters: number;
	up: string[];
	away: string[];
	words: string;
}

export const majorityOf = (voters: number): number => Math.floor(voters / 2) + 1;

export function quorumNeed(voters: readonly Voter[]): Need {
	const up = voters
		.filter(({ presence }) => presence === 'online')
		.map(({ host }) => host)
		.sort();
	const away = voters
		.filter(({ presence }) => presence !== 'online')
		.map(({ host }) => host)
		.sort();
	const needed = majorityOf(voters.length);
	return { needed, voters: voters.length, up, away, words: wordsOf(needed, voters.length, up, away) };
}

function wordsOf(needed: number, all: number, up: string[], away: string[]): string {
	if (all === 0) return 'No voting host is known.';
	const of = all === 1 ? 'The only voting host is needed' : `${needed} of ${all} voting hosts are needed`;
	if (up.length >= needed) return `${of} and ${up.length} can be heard; they have not agreed on a leader yet.`;
	const heard = all === 1 ? '' : ` and ${up.length === 0 ? 'none' : up.length} can be heard`;
	return `${of}${heard}; missing: ${away.join(', ')}.`;
}
