// Credentials for scripts and people outside the hosts: each has a certificate for a key that was made where it is used, an nkey, and
// a role. The document is what counts: a certificate without it opens nothing.
import { z } from 'zod';
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { Name } from '../engine/record.ts';
import { type Authority, expiryOf, pinOfRequest, sign } from './ca.ts';
import { Credential, keyOfCredential, type Roll, WholeUserKey } from './members.ts';
import { assertKeysFree } from './taken-keys.ts';

/** What whoever wants one sends; the secrets stay there. */
export const CredentialWish = z.strictObject({
	name: Name,
	role: Credential.shape.role,
	/** PKCS 10, PEM. */
	request: z.string().max(4_096),
	nkey: WholeUserKey,
	by: z.string().max(64),
});
export type CredentialWish = z.infer<typeof CredentialWish>;

export interface Issued {
	/** PEM. */
	certificate: string;
	credential: Credential;
}

export interface CredentialParts {
	documents: Documents;
	authority(): Promise<Authority>;
	/** Read anew, and in effect on this host. */
	refresh(): Promise<Roll>;
	now(): number;
}

const MAX_TRIES = 20;
const DAY_MS = 24 * 3600 * 1000;

/** On a voter. The same wish with the same keys may come again: it gets a new certificate. Rejects with NAME_TAKEN, NOT_TRUSTED, BAD_REQUEST. */
export async function addCredential(parts: CredentialParts, wish: CredentialWish): Promise<Issued> {
	const pin = await pinOfRequest(wish.request);
	const issued = await change(parts, wish.name, async (before) => {
		const refusal = refusalOf(wish, pin, before);
		if (refusal) throw refusal;
		await assertKeysFree(parts.documents, keyOfCredential(wish.name), { pin, nkey: wish.nkey });
		const certificate = await signed(parts, wish.name, wish.request);
		const { name, role, nkey, by } = wish;
		const createdAt = before?.pin === pin ? before.createdAt : parts.now();
		const expiresAt = expiryOf(certificate);
		return { certificate, credential: { schema: 1, name, role, nkey, pin, createdAt, expiresAt, by, revokedAt: null } };
	});
	await parts.refresh();
	return issued;
}

/** On a voter: a new certificate for a key that is known already. Rejects with NOT_TRUSTED. */
export async function renewCredential(parts: CredentialParts, name: string, request: string): Promise<Issued> {
	const pin = await pinOfRequest(request);
	return change(parts, name, async (before) => {
		if (!before || before.revokedAt !== null || before.pin !== pin)
			throw new CoveyError('NOT_TRUSTED', `That key is not the one of the credential ${name}.`);
		const certificate = await signed(parts, name, request);
		const expiresAt = expiryOf(certificate);
		// Whoever asks all day long makes nobody write.
		return { certificate, credential: expiresAt - before.expiresAt < DAY_MS ? before : { ...before, expiresAt } };
	});
}

/** Newest first, revoked ones too. */
export const listCredentials = async (documents: Documents): Promise<Credential[]> =>
	(await documents.list('config'))
		.filter(({ key }) => key.startsWith(keyOfCredential('')))
		.flatMap(({ value }) => Credential.safeParse(value).data ?? [])
		.sort((one, other) => other.createdAt - one.createdAt);

/** Its connections are cut on every host that hears of it, within seconds. Rejects with NOT_TRUSTED when there is none of that name. */
export async function revokeCredential(parts: Omit<CredentialParts, 'authority'>, name: string): Promise<Credential> {
	const { credential } = await change(parts, name, async (before) => {
		if (!before) throw new CoveyError('NOT_TRUSTED', `There is no credential called ${name}.`);
		return { credential: { ...before, revokedAt: before.revokedAt ?? parts.now() } };
	});
	await parts.refresh();
	return credential;
}

/** Pure. A key that was taken back may be in wrong hands. */
function refusalOf(wish: CredentialWish, pin: string, before: Credential | null): CoveyError | null {
	const { name, role, nkey } = wish;
	const sameKeys = before?.pin === pin && before.nkey === nkey;
	if (before && before.revokedAt === null && !sameKeys)
		return new CoveyError('NAME_TAKEN', `There is a credential called ${name} already.`);
	if (before && before.revokedAt === null && before.role !== role)
		return new CoveyError('NAME_TAKEN', `The credential ${name} exists already, as ${before.role}.`);
	if (before && before.revokedAt !== null && (before.pin === pin || before.nkey === nkey))
		return new CoveyError('NOT_TRUSTED', `The keys of ${name} were revoked; make new ones in another folder.`);
	return null;
}

const signed = async (parts: CredentialParts, name: string, request: string): Promise<string> =>
	sign({ authority: await parts.authority(), request, subject: { type: 'credential', name }, now: parts.now() });

async function change<Result extends { credential: Credential }>(
	{ documents }: Pick<CredentialParts, 'documents'>,
	name: string,
	next: (before: Credential | null) => Promise<Result>,
): Promise<Result> {
	for (let tries = 0; tries < MAX_TRIES; tries++) {
		const stored = await documents.read('config', keyOfCredential(name));
		const before = Credential.safeParse(stored?.value).data ?? null;
		const result = await next(before);
		if (before !== null && result.credential === before) return result;
		const outcome = await documents.put('config', keyOfCredential(name), result.credential, stored?.revision ?? 0);
		if (outcome.status === 'committed') return result;
	}
	throw new CoveyError('STORE_UNAVAILABLE', `The credential ${name} was changed by others ${MAX_TRIES} times in a row.`);
}
