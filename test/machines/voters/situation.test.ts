// What documents, heartbeats and servers say becomes what is decided on.
import { describe, expect, test } from 'vitest';
import { choose } from '../../../machines/voters/choose.ts';
import type { MemberDocument } from '../../../machines/voters/contract.ts';
import { considered, type Reported, standingsOf } from '../../../machines/voters/situation.ts';

const member = (host: string, change: Partial<MemberDocument> = {}): MemberDocument => ({
	host,
	install: 1,
	role: 'voter',
	address: '192.0.2.1',
	ports: { http: 7780, nats: 4222, cluster: 6222, leaf: 7422 },
	witness: false,
	joinedAt: 0,
	forgottenAt: null,
	...change,
});

const reported = (members: MemberDocument[], counted: string[]): Reported => ({
	members,
	counted,
	held: Object.fromEntries(counted.map((server) => [server, 6])),
	offlineSince: () => null,
	said: () => null,
});

const chosen = (what: Reported) => {
	const seen = { members: standingsOf(what), copies: { lowest: 3, highest: 3, settled: true } };
	return choose(considered(seen, { excluded: [], avoided: {}, wanted: 3 }, 1_000));
};

const GROUP = ['alder-1', 'birch-1', 'cedar-1'];

describe('a server that votes', () => {
	test('and whose host has written no member document yet stays a voter: nothing is known against it', () => {
		expect(chosen(reported([member('birch'), member('cedar')], GROUP))).toMatchObject({ change: 'none', waiting: false });
	});

	test('under an old name of a member is taken out', () => {
		const members = [member('alder', { install: 2, role: 'leaf' }), member('birch'), member('cedar'), member('dogwood')];
		expect(chosen(reported(members, [...GROUP, 'dogwood-1']))).toMatchObject({ change: 'demote', server: 'alder-1' });
	});

	test('and whose host was forgotten is taken out', () => {
		const members = [...['birch', 'cedar', 'dogwood'].map((host) => member(host)), member('alder', { forgottenAt: 1 })];
		expect(chosen(reported(members, [...GROUP, 'dogwood-1']))).toMatchObject({ change: 'demote', server: 'alder-1' });
	});
});
