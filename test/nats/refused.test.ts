import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectNats } from '../../nats/connect.ts';
import type { ClientIdentity } from '../../nats/connection-options.ts';
import { newAuthority } from '../../runtime/trust/ca.ts';
import { handshake, hello, knock, type PortKind, shout, talkPlain } from '../helpers/nats-probe.ts';
import { type SecureCluster, startSecureCluster } from '../helpers/secure-cluster.ts';
import { newMember } from '../helpers/test-trust.ts';

const PORTS: PortKind[] = ['client', 'route', 'leaf'];

let secure: SecureCluster;
/** Signed by another authority. */
let foreign: ClientIdentity;
/** Signed by ours, and known to nobody: as one that was forgotten. */
let forgotten: ClientIdentity;

beforeAll(async () => {
	secure = await startSecureCluster();
	const place = (name: string) => join(secure.cluster.folder, 'strangers', name);
	foreign = (await newMember(place('foreign'), await newAuthority('test', Date.now()), 'alder', 'voter')).member.identity;
	forgotten = (await secure.trust.add('forgotten', 'voter')).identity;
	secure.trust.remove('forgotten');
}, 120_000);
afterAll(() => secure?.[Symbol.asyncDispose]());

describe.each(PORTS)('the %s port', (port) => {
	test('says nothing to plain TCP but its greeting, and ends it', async () => {
		const words = await talkPlain(portOf(port), hello(port, '', secure.trust.of('alder')));
		expect(words.replace(/^INFO .*\r\n/, '')).not.toMatch(/PONG|INFO|MSG|LS\+|RS\+|cluster name/);
	});

	test.each([
		['no certificate', () => ({ ...secure.trust.of('alder'), certFile: null })],
		['a certificate of another authority', () => foreign],
	] as const)('refuses %s', async (_, identity) => {
		expect(await knock(port, portOf(port), identity())).toBe('refused');
	});

	test('lets in a member that it pins, as the proof that the refusals are none of this test', async () => {
		const who = port === 'leaf' ? 'elm' : 'birch';
		expect(await knock(port, portOf(port), secure.trust.of(who))).toBe('let in');
	});

	test('refuses a right certificate that nobody knows', async () => {
		expect(await knock(port, portOf(port), forgotten)).toBe('refused');
	});

	test('refuses TLS 1.2', async () => {
		await expect(handshake(port, portOf(port), secure.trust.of('birch'), 'TLSv1.2')).rejects.toThrow();
		await handshake(port, portOf(port), secure.trust.of('birch'), 'TLSv1.3');
	});

	test('survives random bytes, plain and inside TLS', async () => {
		const before = secure.server('alder').pid;
		const verb = fc.constantFrom('', ...VERBS);
		await fc.assert(
			fc.asyncProperty(verb, fc.uint8Array({ maxLength: 4096 }), async (word, bytes) => {
				const noise = Buffer.concat([Buffer.from(word), bytes, Buffer.from('\r\n')]);
				await Promise.all([null, secure.trust.of('birch')].map((caller) => shout(port, portOf(port), caller, noise)));
			}),
			{ numRuns: 50 },
		);
		await shout(port, portOf(port), secure.trust.of('birch'), randomBytes(2 * 1024 ** 2));
		expect(secure.server('alder').pid).toBe(before);
		expect(await knock(port, portOf(port), secure.trust.of(port === 'leaf' ? 'elm' : 'birch'))).toBe('let in');
	}, 60_000);
});

test('a leaf that is no voter is refused on the route port', async () => {
	expect(await knock('route', portOf('route'), secure.trust.of('elm'))).toBe('refused');
});

test('credentials and voters are refused on the leaf port', async () => {
	for (const who of ['ci', 'wall', 'birch']) expect(await knock('leaf', portOf('leaf'), secure.trust.of(who))).toBe('refused');
	expect(await knock('leaf', portOf('leaf'), secure.trust.of('elm'))).toBe('let in');
});

test('a client without a user, or with the user of another, is refused', async () => {
	const birch = secure.trust.of('birch');
	for (const seed of [forgotten.seed, foreign.seed])
		await expect(
			connectNats({ servers: [secure.server('alder').url], only: true, name: 'x', identity: { ...birch, seed } }).then(
				() => 'in',
			),
		).rejects.toMatchObject({ code: 'NO_ANSWER' });
});

test('the monitoring page and nothing else listens beside the three ports, and on loopback only', async () => {
	const { topology } = secure.server('alder');
	expect(await (await fetch(`http://127.0.0.1:${topology.monitorPort}/healthz`)).json()).toMatchObject({ status: 'ok' });
	const config = JSON.parse(await readFile(join(secure.cluster.folder, 'alder', 'nats.conf'), 'utf8')) as { http: string };
	expect(config.http).toBe(`127.0.0.1:${topology.monitorPort}`);
	expect(config).not.toHaveProperty('no_auth_user');
});

function portOf(kind: PortKind): number {
	const { topology } = secure.server('alder');
	if (topology.role !== 'voter') throw new Error('alder is a voter');
	return { client: topology.port, route: topology.clusterPort, leaf: topology.leafPort }[kind];
}

const VERBS = ['CONNECT ', 'INFO ', 'PUB ', 'HPUB ', 'SUB ', 'MSG ', 'RMSG ', 'LMSG ', 'RS+ ', 'LS+ ', 'A+ ', '-ERR ', 'PING'];
