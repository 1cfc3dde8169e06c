import { expect, test } from 'vitest';
import type { HostFacts } from '../../../machines/host/contract.ts';
import { advise, describeMove, type Resident } from '../../../machines/placement/advise.ts';
import type { Candidate } from '../../../machines/placement/score.ts';

const GIB = 2 ** 30;

function host(name: string, freeMemory: number, freeDisk = 400): Candidate {
	const facts = {
		host: name,
		drivers: ['process'],
		devices: [],
		labels: {},
		cordoned: false,
		os: { arch: 'x64' },
		memory: { total: 16 * GIB, available: freeMemory * GIB },
		disks: [{ mount: '/', total: 500 * GIB, available: freeDisk * GIB, data: true }],
		cpu: { percent: 1, cores: 4, load: [0, 0, 0] },
		uptimeShare: 1,
	} as unknown as HostFacts;
	return { facts, presence: 'online', reservedMemory: 0, reservedDisk: 0 };
}

function resident(instance: string, on: string, memory: number, disk = 1): Resident {
	const [memoryBytes, diskBytes] = [memory * GIB, disk * GIB];
	return { instance, app: instance, host: on, need: { memoryBytes, diskBytes, driver: 'process' }, memoryBytes, diskBytes };
}

test('where every host has room nothing has to move', () => {
	expect(advise([host('alder', 8), host('birch', 8)], [resident('notes', 'alder', 2)])).toMatchObject({ trouble: [], moves: [] });
});

test('the largest app that helps leaves a full host, and no more than are needed', () => {
	const { trouble, moves } = advise(
		[host('alder', 1), host('birch', 10)],
		[resident('small', 'alder', 1), resident('large', 'alder', 4), resident('elsewhere', 'birch', 2)],
	);
	expect(trouble).toEqual([{ host: 'alder', words: '94 % of its memory is in use or promised' }]);
	expect(moves.map(({ instance, from, to }) => [instance, from, to])).toEqual([['large', 'alder', 'birch']]);
	expect(describeMove(moves[0] as never)).toBe(
		'large (4.0 GiB of memory) from alder to birch: alder memory 94 → 69 %, disk 20 → 20 %; birch memory 38 → 63 %, disk 20 → 20 %',
	);
});

test('a full disk is trouble, too', () => {
	const { moves } = advise([host('alder', 8, 20), host('birch', 8)], [resident('photos', 'alder', 1, 100)]);
	expect(moves.map(({ instance, to }) => [instance, to])).toEqual([['photos', 'birch']]);
});

test('a move that would only fill the next host is not proposed, and that is said', () => {
	const { moves, refused } = advise([host('alder', 1), host('birch', 5)], [resident('large', 'alder', 4)]);
	expect(moves).toEqual([]);
	expect(refused).toEqual([{ instance: 'alder', to: null, words: 'no other host has room for what would have to leave alder' }]);
});

test.each([
	['ghost', 'birch', 'ghost is on no host that is known'],
	['notes', 'nowhere', 'there is no host called nowhere'],
	['notes', 'alder', 'notes is on alder already'],
	['huge', 'birch', 'birch cannot take it: 8.0 GiB of memory free, 12 GiB needed'],
])('what if %s moved to %s: %s', (instance, to, words) => {
	const { moves, refused } = advise(
		[host('alder', 1), host('birch', 8)],
		[resident('notes', 'alder', 2), resident('huge', 'alder', 12)],
		{ instance, to },
	);
	expect([moves, refused]).toEqual([[], [{ instance, to, words }]]);
});

test('what if it moved: what both hosts would have then, full or not', () => {
	const { moves } = advise([host('alder', 8), host('birch', 8)], [resident('notes', 'alder', 4)], {
		instance: 'notes',
		to: 'birch',
	});
	expect(moves[0]).toMatchObject({
		why: 'asked for',
		before: [
			{ host: 'alder', memoryPercent: 50 },
			{ host: 'birch', memoryPercent: 50 },
		],
		after: [
			{ host: 'alder', memoryPercent: 25 },
			{ host: 'birch', memoryPercent: 75 },
		],
	});
});
