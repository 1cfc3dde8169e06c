// The next change of the voters, over a world in which hosts come and go: what is done is always safe, and it comes to rest.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	type Choice,
	choose,
	isMajority,
	REPLACE_AFTER_MS,
	type Situation,
	type Standing,
} from '../../../machines/voters/choose.ts';

const NOW = 100 * REPLACE_AFTER_MS;
const BUCKETS = 6;

function host(name: string, change: Partial<Standing> = {}): Standing {
	return {
		host: name,
		server: `${name}-1`,
		role: 'leaf',
		counted: false,
		runsAsVoter: false,
		witness: false,
		offlineSince: null,
		uptimeShare: 1,
		held: 0,
		excluded: false,
		avoided: false,
		...change,
	};
}
const voter = (name: string, change: Partial<Standing> = {}): Standing =>
	host(name, { role: 'voter', counted: true, runsAsVoter: true, held: BUCKETS, ...change });
const of = (members: Standing[], copies = members.filter(({ held }) => held > 0).length, wanted: 3 | 5 = 3): Situation => ({
	members,
	wanted,
	copies: { lowest: copies, highest: copies, settled: true },
	now: NOW,
});
const rest = { change: 'none', waiting: false };

describe('how many voters', () => {
	test('one host holds the data alone, with a second one too', () => {
		expect(choose(of([voter('alder')]))).toMatchObject(rest);
		expect(choose(of([voter('alder'), host('birch')]))).toMatchObject(rest);
	});

	test('two hosts and a witness are three voters', () => {
		const world = run(of([voter('alder'), host('birch'), host('willow', { witness: true })]));
		expect(world.changes.map(({ change }) => change)).toEqual(['promote', 'promote', 'replicate']);
		expect(votersOf(world.situation)).toEqual(['alder', 'birch', 'willow']);
	});

	test('a third host makes three voters, and says why', () => {
		expect(choose(of([voter('alder'), host('birch'), host('cedar')]))).toMatchObject({
			change: 'promote',
			host: 'birch',
			reason: 'birch becomes a voter because there are 3 hosts now',
		});
	});

	test('the timeline gets as many copies as the rest has, and nothing waits for it while all that hold it are away', () => {
		const three = of(['alder', 'birch', 'cedar'].map((name) => voter(name)));
		const withTimeline = (timeline: { copies: number; wanted: number } | null) => ({
			...three,
			copies: { ...three.copies, timeline },
		});
		expect(choose(withTimeline({ copies: 1, wanted: 1 }))).toMatchObject({ change: 'replicate', copies: 3 });
		expect(choose(withTimeline({ copies: 2, wanted: 3 }))).toMatchObject({ change: 'replicate', copies: 3 });
		expect(choose(withTimeline({ copies: 3, wanted: 3 }))).toMatchObject(rest);
		expect(choose(withTimeline(null))).toMatchObject(rest);
	});

	test('growing is not begun while a newcomer it needs is away', () => {
		expect(choose(of([voter('alder'), host('birch'), host('cedar', { offlineSince: NOW - 1 })]))).toMatchObject(rest);
	});

	test('five only when they are asked for', () => {
		const five = ['alder', 'birch', 'cedar'].map((name) => voter(name)).concat(['dogwood', 'elm'].map((name) => host(name)));
		expect(choose(of(five))).toMatchObject(rest);
		expect(votersOf(run(of(five, 3, 5)).situation)).toHaveLength(5);
	});

	test('from five back to three, the copies follow first', () => {
		const five = ['alder', 'birch', 'cedar', 'dogwood', 'elm'].map((name) => voter(name));
		const world = run(of(five, 5, 3));
		expect(world.changes.map(({ change }) => change)).toEqual(['replicate', 'demote', 'settle', 'demote', 'settle']);
	});
});

describe('a voter that is away', () => {
	const three = (since: number | null) => [
		voter('alder'),
		voter('birch'),
		voter('cedar', { offlineSince: since }),
		host('dogwood'),
	];

	test('is waited for ten minutes, then another takes its place before it is struck off', () => {
		expect(choose(of(three(NOW - REPLACE_AFTER_MS + 1)))).toMatchObject(rest);
		const world = run(of(three(NOW - REPLACE_AFTER_MS)));
		expect(world.changes).toMatchObject([
			{
				change: 'promote',
				host: 'dogwood',
				reason: 'dogwood becomes a voter because cedar is offline for more than ten minutes',
			},
			{ change: 'demote', host: 'cedar' },
		]);
	});

	test('stays a voter when nobody could take its place', () => {
		expect(choose(of(three(0).slice(0, 3)))).toMatchObject({
			...rest,
			reason: expect.stringContaining('no other host could take over'),
		});
	});

	test('nothing is changed without a majority', () => {
		const members = [voter('alder'), voter('birch', { offlineSince: 0 }), voter('cedar', { offlineSince: 0 }), host('dogwood')];
		expect(choose(of(members))).toMatchObject({ change: 'none', waiting: true });
	});
});

describe('leaving', () => {
	test('a voter of three leaves: first its place is taken', () => {
		const world = run(of([voter('alder', { excluded: true }), voter('birch'), voter('cedar'), host('dogwood')]));
		expect(world.changes.map(({ change }) => change)).toEqual(['promote', 'demote', 'settle']);
	});

	test('of three without a fourth: one voter stays, with all the data', () => {
		const world = run(of([voter('alder', { excluded: true }), voter('birch'), voter('cedar')]));
		expect(world.changes.map(({ change }) => change)).toEqual(['demote', 'settle', 'replicate', 'demote', 'settle']);
		expect(votersOf(world.situation)).toHaveLength(1);
	});

	test('the only voter leaves: everything is copied to the other one before', () => {
		const world = run(of([voter('alder', { excluded: true }), host('birch')]));
		expect(world.changes).toMatchObject([
			{ change: 'promote', host: 'birch' },
			{ change: 'replicate', copies: 2 },
			{ change: 'replicate', copies: 1, keep: 'birch-1' },
			{ change: 'demote', host: 'alder', to: 'birch' },
			{ change: 'settle', host: 'alder' },
		]);
	});

	test('the last voter is never taken away', () => {
		expect(choose(of([voter('alder', { excluded: true })]))).toMatchObject({ change: 'none', waiting: true });
	});

	test('a witness is not left alone with the data', () => {
		const world = run(of([voter('alder', { excluded: true }), voter('birch'), voter('willow', { witness: true })]));
		expect(votersOf(world.situation)).toEqual(['birch']);
	});
});

describe('what was killed in the middle is finished', () => {
	test('a host that is counted, and whose document does not say so', () => {
		const members = [voter('alder'), host('birch', { counted: true, runsAsVoter: true }), host('cedar')];
		expect(choose(of(members, 1))).toMatchObject({ change: 'promote', host: 'birch' });
	});

	test('a host that is not counted any more, and whose document says it is', () => {
		const members = [voter('alder'), voter('birch'), voter('cedar'), voter('dogwood', { counted: false, held: 0 })];
		expect(choose(of(members, 3))).toMatchObject({ change: 'demote', server: 'dogwood-1' });
	});

	test('a server under an old name that came back is taken out again', () => {
		const back = host('elm', { server: 'elm-1', counted: true, excluded: true, runsAsVoter: true });
		const members = [voter('alder'), voter('birch'), voter('cedar'), back, host('elm', { server: 'elm-2' })];
		expect(choose(of(members, 3))).toMatchObject({ change: 'demote', server: 'elm-1' });
	});
});

const arbitraryHost = fc.record({
	votes: fc.boolean(),
	witness: fc.boolean(),
	offlineFor: fc.constantFrom(null, null, null, 1, REPLACE_AFTER_MS),
	uptimeShare: fc.double({ min: 0, max: 1, noNaN: true }),
	excluded: fc.constantFrom(false, false, false, true),
});
const arbitraryWorld = fc
	.tuple(
		fc.array(arbitraryHost, { minLength: 1, maxLength: 8 }),
		fc.constantFrom(3 as const, 5 as const),
		fc.integer({ min: 1, max: 5 }),
	)
	.map(([hosts, wanted, copies]): Situation => {
		const members = hosts.map(({ votes, offlineFor, ...rest }, index) => {
			const isVoter = votes || index === 0;
			const offlineSince = offlineFor === null ? null : NOW - offlineFor;
			return (isVoter ? voter : host)(`host-${index}`, { ...rest, offlineSince, held: 0 });
		});
		return place({ members, wanted, copies: { lowest: copies, highest: copies, settled: true }, now: NOW }, copies, null);
	});

describe('whatever the cluster is like', () => {
	test('each change leaves a majority up and at least one voter, and it comes to rest at one, three or five', () => {
		fc.assert(
			fc.property(arbitraryWorld, (start) => {
				const { situation, end } = run(start);
				const voters = situation.members.filter(({ counted }) => counted);
				expect(voters.length).toBeGreaterThan(0);
				if (end.change === 'none' && !end.waiting && situation.members.every(({ offlineSince }) => offlineSince === null)) {
					expect([1, 3, 5]).toContain(voters.length);
					expect(situation.copies).toMatchObject({ lowest: voters.length, highest: voters.length });
				}
			}),
			{ numRuns: 3_000, seed: 20_261_121 },
		);
	});

	test('hosts may come and go in between', () => {
		const flip = fc.record({ host: fc.nat(7), offlineFor: fc.constantFrom(null, null, 1, REPLACE_AFTER_MS) });
		fc.assert(
			fc.property(arbitraryWorld, fc.array(flip, { maxLength: 20 }), (start, flips) => {
				let world = start;
				for (const { host: index, offlineFor } of flips) {
					const choice = choose(world);
					if (choice.change !== 'none') world = after(world, choice);
					const members = world.members.map((one, at) =>
						at === index ? { ...one, offlineSince: offlineFor === null ? null : NOW - offlineFor } : one,
					);
					world = { ...world, members };
				}
				const calm = { ...world, members: world.members.map((one) => ({ ...one, offlineSince: null })) };
				const { situation, end } = run(calm);
				if (end.change === 'none' && !end.waiting) expect([1, 3, 5]).toContain(votersOf(situation).length);
			}),
			{ numRuns: 3_000, seed: 20_261_121 },
		);
	});
});

const votersOf = ({ members }: Situation): string[] =>
	members
		.filter(({ counted }) => counted)
		.map(({ host: name }) => name)
		.sort();

/** Does what is chosen until nothing is; each change must be allowed. */
function run(start: Situation): { situation: Situation; changes: Choice[]; end: Choice } {
	let situation = start;
	const changes: Choice[] = [];
	for (;;) {
		const choice = choose(situation);
		if (choice.change === 'none') return { situation, changes, end: choice };
		situation = after(situation, choice);
		changes.push(choice);
		expect(changes.length, JSON.stringify(changes.slice(-6))).toBeLessThan(30);
	}
}

function after(situation: Situation, choice: Exclude<Choice, { change: 'none' }>): Situation {
	const voters = situation.members.filter(({ counted }) => counted);
	const isUp = ({ offlineSince }: Standing) => offlineSince === null;
	const change = (server: string, to: Partial<Standing>): Situation => ({
		...situation,
		members: situation.members.map((one) => (one.server === server ? { ...one, ...to } : one)),
	});
	expect(isMajority(voters.filter(isUp).length, voters.length)).toBe(true);
	switch (choice.change) {
		case 'promote':
			return change(`${choice.host}-1`, { role: 'voter', counted: true, runsAsVoter: true });
		case 'settle':
			return change(`${choice.host}-1`, { runsAsVoter: false });
		case 'replicate':
			expect(voters.filter(isUp).length).toBeGreaterThanOrEqual(Math.min(choice.copies, voters.length));
			return place(situation, choice.copies, choice.keep);
		case 'demote': {
			const left = voters.filter(({ server }) => server !== choice.server);
			expect(left.length).toBeGreaterThan(0);
			expect(isMajority(left.filter(isUp).length, left.length)).toBe(true);
			expect(
				left.some((one) => one.held > 0 && isUp(one)),
				`the data goes with ${choice.server}`,
			).toBe(true);
			const next = change(choice.server, { role: 'leaf', counted: false, held: 0 });
			return place(next, situation.copies.highest, null);
		}
	}
}

/** The server keeps copies where they are, and adds others where voters are up. */
function place(situation: Situation, copies: number, keep: string | null): Situation {
	const voters = situation.members.filter(({ counted }) => counted);
	const order = [...voters].sort(
		(a, b) =>
			Number(b.server === keep) - Number(a.server === keep) ||
			b.held - a.held ||
			Number(a.offlineSince !== null) - Number(b.offlineSince !== null),
	);
	const holders = new Set(order.slice(0, copies).map(({ server }) => server));
	return {
		...situation,
		copies: { lowest: holders.size, highest: copies, settled: true },
		members: situation.members.map((one) => ({ ...one, held: holders.has(one.server) ? BUCKETS : 0 })),
	};
}
