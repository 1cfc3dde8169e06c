import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostFacts } from '../../../machines/host/contract.ts';
import { type Candidate, obstaclesHere, rankHosts, size, WEIGHTS } from '../../../machines/placement/score.ts';

const GIB = 2 ** 30;
const need = { memoryBytes: GIB, diskBytes: GIB, driver: 'process' };
const wish = { pinned: null, avoid: [], instance: 'notes' };

interface Part {
	memory?: number;
	disk?: number;
	cpu?: number;
	presence?: Candidate['presence'];
	cordoned?: boolean;
	drivers?: string[];
	reserved?: number;
}

function host(
	name: string,
	{ memory = 8, disk = 100, cpu = 10, presence = 'online', cordoned = false, drivers = ['process'], reserved = 0 }: Part = {},
): Candidate {
	const facts = {
		host: name,
		memory: { total: 16 * GIB, available: memory * GIB, swapTotal: 0, swapUsed: 0 },
		disks: [{ mount: '/', type: 'ext4', total: 200 * GIB, available: disk * GIB, data: true }],
		cpu: { model: '', cores: 4, percent: cpu, load: [cpu / 25, 0, 0] },
		uptimeShare: 1,
		cordoned,
		drivers,
	} as unknown as HostFacts;
	return { facts, presence, reservedMemory: reserved * GIB, reservedDisk: 0 };
}

test('the weights are those people were told, in sum 100', () => {
	expect(WEIGHTS).toEqual({ memory: 40, disk: 30, cpu: 15, load: 10, reliability: 5 });
});

test('more memory, more disk and less work win', () => {
	expect(
		rankHosts(need, [host('full', { memory: 2, cpu: 90 }), host('free', { memory: 14, cpu: 1 })], wish).map((one) => one.host),
	).toEqual(['free', 'full']);
});

test.each([
	['too little memory', host('h', { memory: 0.5 }), 'memory free'],
	['memory that is promised to others', host('h', { memory: 8, reserved: 7.5 }), 'memory free'],
	['too little disk', host('h', { disk: 0.5 }), 'disk free'],
	['being offline', host('h', { presence: 'offline' }), 'offline'],
	['being cordoned', host('h', { cordoned: true }), 'cordoned'],
	['lacking the driver', host('h', { drivers: ['podman'] }), 'process'],
])('%s rules a host out, and says so', (_why, candidate, words) => {
	const [only] = rankHosts(need, [candidate], wish);
	expect(only).toMatchObject({ score: null, reasons: [expect.stringContaining(words)] });
});

test('a host that a person chose is taken though it is cordoned, and no other', () => {
	const [first, second] = rankHosts(need, [host('a', { cordoned: true }), host('b')], { ...wish, pinned: 'a' });
	expect(first).toMatchObject({ host: 'a', score: expect.any(Number) });
	expect(second).toMatchObject({ host: 'b', score: null });
});

test('installs asked at one moment spread over hosts that are about equal, and over nothing worse', () => {
	const candidates = [host('a'), host('b', { cpu: 12 }), host('c', { cpu: 14 }), host('busy', { memory: 2 })];
	const chosen = Array.from(
		{ length: 300 },
		(_, index) => rankHosts(need, candidates, { ...wish, instance: `app${index}` })[0]?.host,
	);
	for (const name of ['a', 'b', 'c']) expect(chosen.filter((one) => one === name).length).toBeGreaterThan(60);
	expect(chosen).not.toContain('busy');
});

test('whatever the hosts are like: nobody is lost, scores stay in 0-100, ruled-out hosts come last', () => {
	const part = fc.record({
		memory: fc.double({ min: 0, max: 16, noNaN: true }),
		disk: fc.double({ min: 0, max: 200, noNaN: true }),
		cpu: fc.double({ min: 0, max: 100, noNaN: true }),
		cordoned: fc.boolean(),
	});
	fc.assert(
		fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
			const ranking = rankHosts(
				need,
				parts.map((one, index) => host(`h${index}`, one)),
				wish,
			);
			expect(new Set(ranking.map((one) => one.host)).size).toBe(parts.length);
			const firstOut = ranking.findIndex(({ score }) => score === null);
			if (firstOut >= 0) expect(ranking.slice(firstOut).every(({ score }) => score === null)).toBe(true);
			for (const { score } of ranking) if (score !== null) expect(score >= 0 && score <= 100).toBe(true);
		}),
	);
});

test('what a host lacks has its own code', () => {
	expect(obstaclesHere(need, host('h', { memory: 0.1 }))?.code).toBe('NOT_ENOUGH_MEMORY');
	expect(obstaclesHere(need, host('h', { disk: 0.1 }))?.code).toBe('NOT_ENOUGH_DISK');
	expect(obstaclesHere(need, host('h'))).toBeNull();
	expect([size(0), size(1536), size(1.5 * GIB), size(300 * GIB)]).toEqual(['0 B', '1.5 KiB', '1.5 GiB', '300 GiB']);
});

test('the one drawn among hosts that are about equal says so; one that a plan named does not', () => {
	const hosts = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, index) => host(name, { memory: 8 + index / 20 }));
	const drawn = rankHosts(need, hosts, wish)[0];
	const best = Math.max(...rankHosts(need, hosts, wish).map(({ score }) => score ?? 0));
	expect(drawn?.reasons.some((reason) => reason.endsWith('and drawn'))).toBe(drawn?.score !== best);
	const named = rankHosts(need, hosts, { ...wish, preferred: 'a' })[0];
	expect(named?.host).toBe('a');
	expect(named?.reasons.join()).not.toContain('drawn');
});
