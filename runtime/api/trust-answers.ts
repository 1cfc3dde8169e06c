// Answers about who is trusted, and about hosts heard on the network.
import { CoveyError } from '../engine/errors.ts';
import type { Discovery } from '../host/discovery.ts';
import type { HostTrust } from '../host/host-trust.ts';
import type { Credential, Roll, Token } from '../trust/members.ts';
import type { CredentialRow, DiscoveredRow, TokenRow } from './contract.ts';
import type { Answers, TrustQuestion } from './questions.ts';

export interface TrustAnswerParts {
	/** Null in a cluster without TLS on loopback. */
	trust: HostTrust | null;
	/** Null where no other machine could be heard. */
	discovery: Discovery | null;
	cluster: string;
	now(): number;
}

type TrustAnswers = Pick<Answers, TrustQuestion>;

const MINUTE_MS = 60_000;

export function trustAnswersOf(parts: TrustAnswerParts): TrustAnswers {
	const trust = () => {
		if (parts.trust) return parts.trust;
		throw new CoveyError('NO_KEYS', 'This is a demo for one machine: it trusts whoever is on it and has no keys.');
	};
	const row = (token: Token): TokenRow => ({
		id: token.id,
		createdAt: token.createdAt,
		expiresAt: token.expiresAt,
		by: token.by,
		witness: token.witness,
		state: stateOf(token, parts.now()),
		host: token.spent?.host ?? null,
	});
	const servers = () => serversOf(trust().roll());
	return {
		async discovered() {
			const roll = parts.trust?.roll() ?? null;
			return { hosts: discoveredRows(parts, roll), listening: parts.discovery !== null };
		},
		async 'token.create'({ minutes, witness, by }) {
			const { text, token, addresses } = await trust().trust.createToken({ lifetime: minutes * MINUTE_MS, witness, by });
			return { token: text, id: token.id, expiresAt: token.expiresAt, addresses };
		},
		'token.list': async () => ({ tokens: (await trust().trust.listTokens()).map(row) }),
		'token.revoke': async ({ id }) => ({ token: row(await trust().trust.revokeToken(id)) }),
		async 'credentials.add'(wish) {
			const { certificate, credential } = await trust().addCredential(wish);
			const { ca } = trust().identity();
			return { credential: credentialRow(credential, parts.now()), certificate, ca, cluster: parts.cluster, servers: servers() };
		},
		'credentials.list': async () => ({
			credentials: (await trust().trust.listCredentials()).map((one) => credentialRow(one, parts.now())),
		}),
		'credentials.revoke': async ({ name }) => ({
			credential: credentialRow(await trust().trust.revokeCredential(name), parts.now()),
		}),
		'secrets.rotate': async (wish) => trust().rotateKeys(wish),
		'secrets.status': async () => trust().keyStatus(),
		async 'certificate.renew'({ name, request }) {
			const { certificate, credential } = await trust().renewCredential(name, request);
			return { expiresAt: credential.expiresAt, certificate, servers: servers() };
		},
	};
}

const stateOf = (token: Token, now: number): TokenRow['state'] =>
	token.spent ? 'spent' : token.revokedAt !== null ? 'revoked' : token.expiresAt <= now ? 'expired' : 'open';

const credentialRow = ({ name, role, createdAt, by, expiresAt, revokedAt }: Credential, now: number): CredentialRow => ({
	name,
	role,
	state: revokedAt !== null ? 'revoked' : expiresAt <= now ? 'expired' : 'open',
	createdAt,
	by,
	expiresAt,
	revokedAt,
});

/** Voters first: they outlive the others. */
const serversOf = ({ members }: Roll): string[] =>
	[...members]
		.sort((one, other) => Number(other.role === 'voter') - Number(one.role === 'voter'))
		.map(({ address, ports }) => `${address}:${ports.nats}`);

const discoveredRows = ({ discovery, cluster }: TrustAnswerParts, roll: Roll | null): DiscoveredRow[] =>
	(discovery?.found() ?? []).map((found) => ({
		host: found.host,
		address: found.address,
		port: found.port,
		cluster: found.cluster,
		version: found.version,
		since: found.since,
		member: found.cluster === cluster && (roll?.members.some(({ host }) => host === found.host) ?? false),
	}));
