import { expect, test } from 'vitest';
import { ageWords, behindWithCopy, copyWords, type Keeper, wantedCopy } from '../../../machines/host/copies.ts';

const NOW = 10_000_000;
const keeper = (host: string, voter: boolean, secondsAgo: number | null): Keeper => ({
	host,
	voter,
	presence: 'online',
	copyAt: secondsAgo === null ? null : NOW - secondsAgo * 1000,
	startedAt: 0,
});

test('voters keep a copy, and every host of a small cluster', () => {
	expect([wantedCopy(true, 5), wantedCopy(false, 2), wantedCopy(false, 3)]).toEqual(['voter', 'leaf', 'none']);
});

test('the sentence names who keeps one and how old they are at most', () => {
	expect(copyWords([keeper('alder', true, null)], NOW)).toEqual([]);
	expect(copyWords([keeper('alder', true, 30)], NOW)).toEqual([
		"alder keeps a copy of the cluster's data for `covey recover`, 30 s old.",
	]);
	expect(copyWords([keeper('alder', true, 30), keeper('birch', false, 8)], NOW)).toEqual([
		"alder and birch keep copies of the cluster's data for `covey recover`, at most 30 s old.",
	]);
	const four = [keeper('elm', false, 900), ...['alder', 'birch', 'cedar'].map((host) => keeper(host, true, 150))];
	expect(copyWords(four, NOW)).toEqual([
		"alder, birch and cedar keep copies of the cluster's data for `covey recover`, at most 3 min old.",
	]);
});

test('a copy is old when several rounds have failed on a host that is up', () => {
	const names = (...hosts: Keeper[]) => behindWithCopy(hosts, NOW).map(({ host }) => host);
	expect(names(keeper('alder', true, 899), keeper('birch', true, 901), keeper('cedar', true, null))).toEqual(['birch', 'cedar']);
	expect(names({ ...keeper('alder', true, null), startedAt: NOW - 1000 })).toEqual([]);
	expect(names({ ...keeper('alder', true, 1000), presence: 'offline' })).toEqual([]);
	expect(names({ ...keeper('willow', true, null), witness: true })).toEqual([]);
});

test('an age has one unit', () => {
	expect([0, 119_000, 600_000, 3 * 3_600_000, 3 * 86_400_000].map(ageWords)).toEqual(['0 s', '119 s', '10 min', '3 h', '3 days']);
});
