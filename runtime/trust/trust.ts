// What a member does about trust: it makes tokens, lets machines in, signs renewed certificates.
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { admit } from './admit.ts';
import { type Authority, fingerprintOf, pinOfRequest, sign } from './ca.ts';
import {
	addCredential,
	type CredentialParts,
	type CredentialWish,
	type Issued,
	listCredentials,
	renewCredential,
	revokeCredential,
} from './credentials.ts';
import { AUTHORITY_KEY } from './founding.ts';
import type { Identity } from './identity.ts';
import type { JoinAnswer, JoinRequest } from './join.ts';
import { type Credential, keyOfMember, keyOfToken, Member, type Roll, Token } from './members.ts';
import { type KeyStatus, keyStatus, type RotateParts, rotate } from './rotate.ts';
import { type ClusterKey, placeOf, Sealed, unseal } from './seal.ts';
import { newToken } from './tokens.ts';

export interface TrustParts {
	host: string;
	cluster: string;
	version: string;
	documents: Documents;
	identity(): Identity;
	/** Read anew, and in effect on this host. */
	refresh(): Promise<Roll>;
	/** This host's cluster keys, newest first; looked for anew when the one of that id is not among them. */
	keysFor(id: string): Promise<readonly ClusterKey[]>;
	now(): number;
}

export interface Trust {
	/** The text is shown once; the store has only a hash. */
	createToken(wish: {
		lifetime: number;
		witness: boolean;
		by: string;
	}): Promise<{ text: string; token: Token; addresses: string[] }>;
	listTokens(): Promise<Token[]>;
	/** Rejects with TOKEN_WRONG when there is none of that id. */
	revokeToken(id: string): Promise<Token>;
	/** On a voter: only those read the authority's key. */
	admit(request: JoinRequest): Promise<JoinAnswer>;
	/** On a voter: a new certificate for a member's present key. Rejects with NOT_TRUSTED when the key is not that member's. */
	renew(host: string, request: string): Promise<string>;
	/** On a voter: as `addCredential` and `renewCredential` say. */
	addCredential(wish: CredentialWish): Promise<Issued>;
	renewCredential(name: string, request: string): Promise<Issued>;
	listCredentials(): Promise<Credential[]>;
	revokeCredential(name: string): Promise<Credential>;
	/** Rejects with NOT_ALLOWED_NOW when a member could not be given the new key. */
	rotateKeys(wish: { id: string; by: string }): Promise<void>;
	/** On a voter. */
	keyStatus(): Promise<KeyStatus>;
}

/** Joining takes a minute; what was forgotten on a pinboard must not stay good for ever. */
export const LONGEST_TOKEN_MS = 7 * 24 * 3600 * 1000;
const MAX_ADDRESSES = 5;
const MAX_TRIES = 20;

export function openTrust(parts: TrustParts): Trust {
	const { documents, now } = parts;

	async function authority(): Promise<Authority> {
		const stored = await documents.read('authority', AUTHORITY_KEY);
		const sealed = Sealed.safeParse(stored?.value);
		if (!sealed.success) throw new CoveyError('STORE_UNAVAILABLE', "The authority's key is not in the store yet.");
		const keys = await parts.keysFor(sealed.data.keyId);
		return { certificate: parts.identity().ca, key: unseal(keys, placeOf('authority', AUTHORITY_KEY), sealed.data) };
	}

	const keyParts: RotateParts = { documents, clusterKeys: () => parts.identity().clusterKeys, now };
	const issuing: CredentialParts = { documents, authority, refresh: parts.refresh, now };

	return {
		async createToken({ lifetime, witness, by }) {
			const addresses = addressesOf(await parts.refresh(), parts.host);
			const made = newToken({
				addresses,
				fingerprint: fingerprintOf(parts.identity().ca),
				now: now(),
				lifetime: Math.min(lifetime, LONGEST_TOKEN_MS),
				witness,
				by,
			});
			const outcome = await documents.put('config', keyOfToken(made.token.id), made.token, 0);
			if (outcome.status === 'committed') return { ...made, addresses };
			throw new CoveyError('STORE_UNAVAILABLE', 'The token could not be stored.');
		},
		listTokens: async () =>
			(await documents.list('config'))
				.filter(({ key }) => key.startsWith('token-'))
				.flatMap(({ value }) => Token.safeParse(value).data ?? [])
				.sort((one, other) => other.createdAt - one.createdAt),
		async revokeToken(id) {
			for (let tries = 0; tries < MAX_TRIES; tries++) {
				const stored = await documents.read('config', keyOfToken(id));
				const token = Token.safeParse(stored?.value).data;
				if (!stored || !token) throw new CoveyError('TOKEN_WRONG', `There is no token ${id}.`);
				if (token.spent || token.revokedAt !== null) return token;
				const revoked = { ...token, revokedAt: now() };
				if ((await documents.put('config', keyOfToken(id), revoked, stored.revision)).status === 'committed') return revoked;
			}
			throw new CoveyError('STORE_UNAVAILABLE', `The token ${id} was changed by others ${MAX_TRIES} times in a row.`);
		},
		admit: (request) =>
			admit(
				{
					host: parts.host,
					version: parts.version,
					cluster: parts.cluster,
					documents,
					authority,
					clusterKeys: () => parts.identity().clusterKeys,
					roll: parts.refresh,
					now,
				},
				request,
			),
		async renew(host, request) {
			const member = Member.safeParse((await documents.read('config', keyOfMember(host)))?.value).data;
			if (!member || member.forgottenAt !== null || member.pin !== (await pinOfRequest(request)))
				throw new CoveyError('NOT_TRUSTED', `That key is not the one of the member ${host}.`);
			const subject = { type: 'host', host, address: member.address } as const;
			return sign({ authority: await authority(), request, subject, now: now() });
		},
		addCredential: (wish) => addCredential(issuing, wish),
		renewCredential: (name, request) => renewCredential(issuing, name, request),
		listCredentials: () => listCredentials(documents),
		revokeCredential: (name) => revokeCredential(issuing, name),
		async rotateKeys(wish) {
			await rotate(keyParts, wish);
			await parts.refresh();
		},
		keyStatus: () => keyStatus(keyParts),
	};
}

/** Voters first: they can sign without asking another; this host before others. */
function addressesOf({ members }: Roll, self: string): string[] {
	const rank = ({ role, host }: Member) => (role === 'voter' ? 0 : 2) + (host === self ? 0 : 1);
	return [...members]
		.filter(({ witness }) => !witness)
		.sort((one, other) => rank(one) - rank(other))
		.slice(0, MAX_ADDRESSES)
		.map(({ address, ports }) => `${address}:${ports.http}`);
}
