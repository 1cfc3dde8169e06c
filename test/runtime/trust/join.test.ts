// A machine and a member, over real TLS on loopback; the store is the in-memory twin.
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import fc from 'fast-check';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { CoveyError, toWire } from '../../../runtime/engine/errors.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import type { Documents } from '../../../runtime/engine/ports.ts';
import { admit, type Gate } from '../../../runtime/trust/admit.ts';
import { type Authority, fingerprintOf, newAuthority, newKeyAndRequest, pinOf, sign } from '../../../runtime/trust/ca.ts';
import { newSeed, nkeyOf } from '../../../runtime/trust/identity.ts';
import { JoinRequest } from '../../../runtime/trust/join.ts';
import { askToJoin, type JoinerKeys } from '../../../runtime/trust/join-client.ts';
import { registerJoin } from '../../../runtime/trust/join-server.ts';
import { type Member, rollOf } from '../../../runtime/trust/members.ts';
import { newClusterKey } from '../../../runtime/trust/seal.ts';
import { askStanding, standingIn } from '../../../runtime/trust/standing.ts';
import { type Invitation, newToken, parseToken } from '../../../runtime/trust/tokens.ts';

interface MemberHost {
	authority: Authority;
	documents: Documents;
	gate: Gate;
	address: string;
	/** Of its HTTPS server's certificate. */
	pin: string;
	/** Answers are lost while it says so. */
	lose: boolean;
	/** Its HTTPS server has a certificate of another authority from then on, for the same key. */
	certifiedBy(other: Authority): Promise<void>;
	/** A token in the store. */
	invite(change?: { lifetime?: number; witness?: boolean }): Promise<Invitation>;
	monotonic: number;
}

const about = {
	host: 'birch',
	version: '1.2.0',
	address: '127.0.0.1',
	ports: { nats: 4222, cluster: 6222, leaf: 7422, http: 7780 },
	witness: false,
};

const voter: Member = {
	schema: 1,
	host: 'alder',
	install: 1,
	address: '127.0.0.1',
	ports: { nats: 4223, cluster: 6223, leaf: 7423, http: 7781 },
	pin: 'a'.repeat(64),
	nkey: `U${'A'.repeat(55)}`,
	role: 'voter',
	witness: false,
	version: '1.2.0',
	joinedAt: 1,
	forgottenAt: null,
};

async function newMember(): Promise<MemberHost> {
	const authority = await newAuthority('covey-1', Date.now());
	const documents = memoryDocuments();
	await documents.put('config', 'member-alder', voter, 0);
	const clusterKey = newClusterKey(1);
	const gate: Gate = {
		host: 'alder',
		version: '1.2.3',
		cluster: 'covey-1',
		documents,
		authority: async () => authority,
		clusterKeys: () => [clusterKey],
		roll: async () => rollOf(await documents.list('config')),
		now: () => Date.now(),
	};
	const { key, request } = await newKeyAndRequest();
	const subject = { type: 'host', host: 'alder', address: '127.0.0.1' } as const;
	const cert = await sign({ authority, request, subject, now: Date.now() });
	const server = fastify({ https: { cert, key, minVersion: 'TLSv1.3' }, bodyLimit: 64 * 1024 }) as unknown as FastifyInstance;
	const member: MemberHost = {
		async certifiedBy(other) {
			const renewed = await sign({ authority: other, request, subject, now: Date.now() });
			(server.server as unknown as TlsServer).setSecureContext({ cert: renewed, key, minVersion: 'TLSv1.3' });
		},
		authority,
		documents,
		gate,
		address: '',
		pin: pinOf(cert),
		lose: false,
		monotonic: 0,
		async invite({ lifetime = 60_000, witness = false } = {}) {
			const made = newToken({
				addresses: [member.address],
				fingerprint: fingerprintOf(authority.certificate),
				now: Date.now(),
				lifetime,
				witness,
				by: 'test',
			});
			await documents.put('config', `token-${made.token.id}`, made.token, 0);
			return parseToken(made.text, Date.now() - 2 * Math.abs(lifetime) - 2_000);
		},
	};
	server.setErrorHandler(async (thrown, _request, reply) => {
		const { code, message, details } = toWire(thrown);
		return reply.code(400).send({ success: false, data: null, error: { code, message, details }, pagination: null });
	});
	await registerJoin(server, {
		ca: authority.certificate,
		admit: async (joining) => {
			const answer = await admit(gate, joining);
			if (member.lose) throw new CoveyError('TIMEOUT', 'The answer is lost.');
			return answer;
		},
		standing: (about) => standingIn(documents, about),
		now: () => member.monotonic,
	});
	await server.listen({ host: '127.0.0.1', port: 0 });
	onEnd.push(() => server.close());
	member.address = `127.0.0.1:${(server.server.address() as AddressInfo).port}`;
	return member;
}

const onEnd: (() => Promise<unknown>)[] = [];
let member: MemberHost;

beforeEach(async () => {
	member = await newMember();
});
afterAll(() => Promise.all(onEnd.map((end) => end())));

const newJoiner = async (): Promise<JoinerKeys> => ({ ...(await newKeyAndRequest()), seed: newSeed() });
const join = async (invitation: Invitation, keys: JoinerKeys, change: Partial<typeof about> = {}, now = Date.now()) =>
	askToJoin(invitation, keys, elsewhere({ ...about, ...change }), () => now);
/** Each host is a machine of its own. */
const elsewhere = (one: typeof about): typeof about => ({ ...one, address: `${one.host}.home` });
const code = (expected: string) => expect.objectContaining({ code: expected });
let count = 0;
const fresh = () => `host-${++count}`;

test('a token lets one machine in: its key stays with it, its certificate is signed, it is a member', async () => {
	const keys = await newJoiner();
	const { answer, ca } = await join(await member.invite(), keys);
	expect(ca).toBe(member.authority.certificate);
	expect(answer).toMatchObject({ cluster: 'covey-1', install: 1, remotes: ['127.0.0.1:7423'], by: 'alder' });
	expect(answer.roll.members.map(({ host }) => host).sort()).toEqual(['alder', 'birch']);
	expect(answer.roll.members.find(({ host }) => host === 'birch')).toMatchObject({
		pin: pinOf(answer.certificate),
		role: 'leaf',
	});
});

test('a token is for one machine; the same machine may ask again when the answer was lost', async () => {
	const invitation = await member.invite();
	const keys = await newJoiner();
	const host = fresh();
	member.lose = true;
	await expect(join(invitation, keys, { host })).rejects.toEqual(code('HOST_UNREACHABLE'));
	member.lose = false;
	expect((await join(invitation, keys, { host })).answer.install).toBe(1);
	expect((await join(invitation, keys, { host })).answer.install).toBe(1);
	await expect(join(invitation, await newJoiner(), { host: fresh() })).rejects.toEqual(code('TOKEN_SPENT'));
	await expect(join(invitation, keys, { host: fresh() })).rejects.toEqual(code('TOKEN_SPENT'));
});

test('a host that was forgotten is not let in again by the token it came in with', async () => {
	const invitation = await member.invite();
	const keys = await newJoiner();
	const host = fresh();
	await join(invitation, keys, { host });
	const stored = await member.documents.read('config', `member-${host}`);
	await member.documents.put('config', `member-${host}`, { ...(stored?.value as object), forgottenAt: 5 }, stored?.revision ?? 0);
	await expect(join(invitation, keys, { host })).rejects.toEqual(code('TOKEN_SPENT'));
	expect((await join(await member.invite(), keys, { host })).answer.install).toBe(2);
});

test('killed between the spent token and the membership, the joiner asks again and is let in', async () => {
	const invitation = await member.invite();
	const keys = await newJoiner();
	const host = fresh();
	const real = member.gate.documents;
	member.gate.documents = {
		...real,
		put: async (bucket, key, value, previous) => {
			if (key.startsWith('member-')) throw new CoveyError('STORE_UNAVAILABLE', 'No leader answers.');
			return real.put(bucket, key, value, previous);
		},
	};
	await expect(join(invitation, keys, { host })).rejects.toEqual(code('HOST_UNREACHABLE'));
	expect(await real.read('config', `member-${host}`)).toBeNull();
	member.gate.documents = real;
	await join(invitation, keys, { host });
	expect((await real.read('config', `member-${host}`))?.value).toMatchObject({ host, forgottenAt: null });
});

test('of many machines with one token at once, one is let in', async () => {
	const invitation = await member.invite();
	const outcomes = await Promise.allSettled(
		Array.from({ length: 8 }, async () => join(invitation, await newJoiner(), { host: fresh() })),
	);
	expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test.each([
	['TOKEN_EXPIRED', { lifetime: -1_000 }, {}],
	['TOKEN_WRONG', { witness: true }, {}],
	['NAME_TAKEN', {}, { host: 'alder' }],
	['VERSION_MISMATCH', {}, { version: '1.0.9' }],
	['VERSION_MISMATCH', {}, { version: '2.2.0' }],
	['VERSION_MISMATCH', {}, { version: 'newest' }],
	['BAD_REQUEST', {}, { host: 'Not A Name' }],
])('%s: nothing is half-joined', async (expected, invitation, change) => {
	const host = 'host' in change ? change.host : fresh();
	const before = await member.documents.read('config', `member-${host}`).catch(() => null);
	const invited = await member.invite(invitation);
	await expect(join(invited, await newJoiner(), { host, ...change })).rejects.toEqual(code(expected));
	if (host !== 'Not A Name') expect(await member.documents.read('config', `member-${host}`)).toEqual(before);
	expect((await member.documents.read('config', `token-${invited.id}`))?.value).toMatchObject({ spent: null });
});

test('a clock that is wrong is named, with how much', async () => {
	const invited = await member.invite();
	const late = join(invited, await newJoiner(), { host: fresh() }, Date.now() - 90_000);
	await expect(late).rejects.toMatchObject({ code: 'CLOCK_SKEW', message: expect.stringContaining('90 s behind') });
});

test('ports that another host of the same machine has are refused, with all that are taken; the token is not spent', async () => {
	const member = await newMember();
	const invitation = await member.invite();
	const keys = await newJoiner();
	const clash = { ...about, ports: { ...about.ports, cluster: voter.ports.leaf } };
	await expect(askToJoin(invitation, keys, clash, Date.now)).rejects.toMatchObject({
		code: 'ADDRESS_IN_USE',
		details: { ports: Object.values(voter.ports) },
	});
	expect((await askToJoin(invitation, keys, about, Date.now)).answer.install).toBe(1);
});

test('a host that was forgotten hears it from a member, and believes nobody with another key', async () => {
	const member = await newMember();
	const keys = await newJoiner();
	const { answer } = await join(await member.invite(), keys);
	const self = { host: about.host, pin: pinOf(answer.certificate) };
	const http = Number(member.address.split(':')[1]);
	const rollWith = (pin: string) => ({ members: [{ ...voter, pin, ports: { ...voter.ports, http } }], credentials: [] });
	expect(await askStanding(self, rollWith(member.pin))).toBe('member');
	expect(await askStanding({ ...self, host: 'nobody' }, rollWith(member.pin))).toBeNull();
	const stored = await member.documents.read('config', 'member-birch');
	const gone = { ...(stored?.value as object), forgottenAt: 5 };
	await member.documents.put('config', 'member-birch', gone, stored?.revision ?? 0);
	expect(await askStanding(self, rollWith(member.pin))).toBe('gone');
	expect(await askStanding(self, rollWith('b'.repeat(64)))).toBeNull();
	// It went on alone without the authority's key, and has founded another.
	await member.certifiedBy(await newAuthority('covey-2', Date.now()));
	expect(await askStanding(self, rollWith(member.pin))).toBe('gone');
	expect(await askStanding(self, rollWith('b'.repeat(64)))).toBeNull();
});

test('a revoked token and one with another secret are refused', async () => {
	const invited = await member.invite();
	const stored = await member.documents.read('config', `token-${invited.id}`);
	await member.documents.put(
		'config',
		`token-${invited.id}`,
		{ ...(stored?.value as object), revokedAt: 1 },
		stored?.revision ?? 0,
	);
	await expect(join(invited, await newJoiner(), { host: fresh() })).rejects.toEqual(code('TOKEN_EXPIRED'));
	const guess = { ...(await member.invite()), secret: 'A'.repeat(22) };
	await expect(join(guess, await newJoiner(), { host: fresh() })).rejects.toEqual(code('TOKEN_WRONG'));
});

test('a cluster of another authority is not believed, even when it copies the certificate of ours', async () => {
	const stranger = await newMember();
	const invitation = { ...(await member.invite()), addresses: [stranger.address] };
	await expect(join(invitation, await newJoiner(), { host: fresh() })).rejects.toEqual(code('HOST_UNREACHABLE'));
	const real = await stranger.invite();
	const copied = { ...real, fingerprint: fingerprintOf(member.authority.certificate) };
	await expect(join(copied, await newJoiner(), { host: fresh() })).rejects.toMatchObject({
		message: expect.stringContaining('another authority'),
	});
});

test('an address where nobody is, is passed over', async () => {
	const invitation = await member.invite();
	invitation.addresses.unshift('127.0.0.1:1');
	const host = fresh();
	expect((await join(invitation, await newJoiner(), { host })).answer.cluster).toBe('covey-1');
	await expect(join({ ...invitation, addresses: ['127.0.0.1:1'] }, await newJoiner(), { host })).rejects.toEqual(
		code('HOST_UNREACHABLE'),
	);
});

test("a NATS key that is damaged or somebody else's is refused: no server would start with it", async () => {
	const others = await newJoiner();
	await join(await member.invite(), others, { host: fresh() });
	await expect(join(await member.invite(), { ...(await newJoiner()), seed: others.seed }, { host: fresh() })).rejects.toEqual(
		code('NOT_TRUSTED'),
	);
	const { request } = await newKeyAndRequest();
	const invited = await member.invite();
	const damaged = { ...about, host: fresh(), id: invited.id, secret: invited.secret, request, now: Date.now(), nkey: voter.nkey };
	expect(JoinRequest.safeParse({ ...damaged, nkey: nkeyOf(newSeed()) }).success).toBe(true);
	expect(JoinRequest.safeParse(damaged).success).toBe(false);
});

test('guessing is slowed: five wrong secrets a minute, then even the right one waits', async () => {
	const guarded = await newMember();
	const right = await guarded.invite();
	const wrong = { ...right, secret: 'B'.repeat(22) };
	for (let tries = 0; tries < 5; tries++)
		await expect(join(wrong, await newJoiner(), { host: fresh() })).rejects.toEqual(code('TOKEN_WRONG'));
	await expect(join(right, await newJoiner(), { host: fresh() })).rejects.toEqual(code('TOO_MANY_TRIES'));
	guarded.monotonic += 61_000;
	await join(right, await newJoiner(), { host: fresh() });
});

test('whatever bytes come, the door stays open for those with a token', { timeout: 60_000 }, async () => {
	const hardened = await newMember();
	const [hostname = '', port = ''] = hardened.address.split(':');
	await fc.assert(
		fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), fc.boolean(), async (bytes, hello) => {
			const socket = connect(Number(port), hostname);
			onTestFinished(() => void socket.destroy());
			socket.on('error', () => undefined);
			await once(socket, 'connect');
			// A TLS record header in front reaches deeper than plain noise.
			socket.end(hello ? Buffer.concat([Buffer.from([22, 3, 1, bytes.length >> 8, bytes.length & 255]), bytes]) : bytes);
			await Promise.race([once(socket, 'close'), once(socket, 'data')]);
			socket.destroy();
		}),
		{ numRuns: 100 },
	);
	await join(await hardened.invite(), await newJoiner(), { host: fresh() });
});

test('no text makes parseToken do anything but refuse', () => {
	fc.assert(
		fc.property(
			fc.oneof(
				fc.string(),
				fc.string().map((text) => `covey1.${text}`),
				fc.json().map((json) => `covey1.${Buffer.from(json).toString('base64url')}`),
			),
			(text) => {
				expect(() => parseToken(text, 0)).toThrow(expect.objectContaining({ code: 'TOKEN_WRONG' }));
			},
		),
	);
});
