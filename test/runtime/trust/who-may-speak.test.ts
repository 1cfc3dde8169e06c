// What a nats-server is told: never anything with which it would not start.
import { expect, test } from 'vitest';
import { newSeed, nkeyOf } from '../../../runtime/trust/identity.ts';
import type { Credential, Member } from '../../../runtime/trust/members.ts';
import { whoMaySpeak } from '../../../runtime/trust/who-may-speak.ts';

const files = { certFile: 'c', keyFile: 'k', caFile: 'a' };
const pinOf = (digit: string) => digit.repeat(64);
const seed = newSeed();
const self = { host: 'alder', pin: pinOf('a'), role: 'voter' as const };

const member = (host: string, nkey: string, pin: string): Member => ({
	schema: 1,
	host,
	install: 1,
	address: '127.0.0.1',
	ports: { nats: 1, cluster: 2, leaf: 3, http: 4 },
	pin,
	nkey,
	role: 'leaf',
	witness: false,
	version: '1.0.0',
	joinedAt: 1,
	forgottenAt: null,
});
const credential = (name: string, nkey: string, pin: string, role: Credential['role']): Credential => ({
	schema: 1,
	name,
	role,
	nkey,
	pin,
	createdAt: 1,
	expiresAt: 2,
	by: 'test',
	revokedAt: null,
});

test('hosts and credentials are let in with their own keys', () => {
	const [birch, ci] = [nkeyOf(newSeed()), nkeyOf(newSeed())];
	const roll = { members: [member('birch', birch, pinOf('b'))], credentials: [credential('ci', ci, pinOf('c'), 'viewer')] };
	expect(whoMaySpeak(files, seed, self, roll)).toMatchObject({
		pins: { hosts: [pinOf('a')], clients: [pinOf('a'), pinOf('b'), pinOf('c')] },
		users: [{ name: 'alder' }, { name: 'birch', role: 'leaf' }, { name: 'ci', role: 'viewer' }],
	});
});

test("a key that two claim is the first one's: this host before others, hosts before credentials", () => {
	const birch = nkeyOf(newSeed());
	const roll = {
		members: [member('birch', birch, pinOf('b')), member('cedar', nkeyOf(seed), pinOf('c'))],
		credentials: [credential('ci', birch, pinOf('d'), 'operator'), credential('wall', nkeyOf(seed), pinOf('e'), 'viewer')],
	};
	expect(whoMaySpeak(files, seed, self, roll)).toMatchObject({
		users: [
			{ name: 'alder', role: 'voter' },
			{ name: 'birch', role: 'leaf' },
		],
		pins: { clients: [pinOf('a'), pinOf('b')] },
	});
});

test('a damaged key is left out', () => {
	const roll = { members: [member('birch', `U${'A'.repeat(55)}`, pinOf('b'))], credentials: [] };
	expect(whoMaySpeak(files, seed, self, roll).users.map(({ name }) => name)).toEqual(['alder']);
});
