// The side of whoever uses a credential: keys are made here, the cluster signs. Killed in between, the same call goes on with the
// same keys.
import { readFileSync } from 'node:fs';
import { CoveyError, type ErrorCode } from '../engine/errors.ts';
import { fits, newKeyAndRequest, requestForKey } from './ca.ts';
import {
	type About,
	beginCredentialFolder,
	type CredentialFolder,
	finishCredentialFolder,
	type IssuedFiles,
	readCredentialFolder,
	removeCredentialFolder,
} from './credential-folder.ts';
import type { CredentialWish } from './credentials.ts';
import { newSeed, nkeyOf } from './identity.ts';

/** It may have been done, or may be done when asked again. */
const OPEN: ReadonlySet<ErrorCode> = new Set([
	'TIMEOUT',
	'NO_ANSWER',
	'HOST_UNREACHABLE',
	'STORE_UNAVAILABLE',
	'NO_QUORUM',
	'INTERNAL',
]);

export interface NewCredential extends Pick<About, 'name' | 'role'> {
	folder: string;
	by: string;
}

/** Rejects with USAGE when the folder holds something else, else as `ask`; nothing is left in the folder when it was refused. */
export async function issueCredential(
	wanted: NewCredential,
	ask: (wish: CredentialWish) => Promise<IssuedFiles>,
): Promise<CredentialFolder> {
	const wish = await beginCredential(wanted);
	try {
		return acceptCredential(wanted.folder, await ask(wish));
	} catch (thrown) {
		if (thrown instanceof CoveyError && !OPEN.has(thrown.code) && thrown.code !== 'DATA_DIR_UNUSABLE')
			removeCredentialFolder(wanted.folder);
		throw thrown;
	}
}

/** Makes the keys, or finds those of a beginning before this one. Rejects with USAGE when the folder holds something else. */
export async function beginCredential({ folder, name, role, by }: NewCredential): Promise<CredentialWish> {
	const begun = readCredentialFolder(folder);
	if (begun && (begun.about.issued || begun.about.name !== name || begun.about.role !== role))
		throw new CoveyError(
			'USAGE',
			`${folder} holds the credential ${begun.about.name} (${begun.about.role}) already; choose another folder with --out.`,
		);
	const keys = begun?.keys ?? { key: (await newKeyAndRequest()).key, seed: newSeed() };
	if (!begun) beginCredentialFolder(folder, { name, role }, keys);
	return { name, role, request: await requestForKey(keys.key), nkey: nkeyOf(keys.seed), by };
}

/** Throws USAGE when nothing was begun in the folder, NOT_TRUSTED when the certificate is not for the key in it. */
export function acceptCredential(folder: string, issued: IssuedFiles): CredentialFolder {
	const begun = readCredentialFolder(folder);
	if (!begun) throw new CoveyError('USAGE', `No credential was begun in ${folder}.`);
	if (!fits(issued.certificate, issued.ca, begun.keys.key))
		throw new CoveyError('NOT_TRUSTED', `The certificate is not for the key in ${folder}.`);
	finishCredentialFolder(folder, begun.about, issued);
	return finished(folder);
}

/** A new certificate for the key in the folder; the files that name hosts and paths are written anew. Rejects as `ask`. */
export async function renewCredentialFolder(
	{ path, about, keys, files }: CredentialFolder,
	ask: (wish: { name: string; request: string }) => Promise<{ certificate: string; servers: string[] }>,
): Promise<CredentialFolder> {
	if (!about.issued)
		throw new CoveyError('USAGE', `The credential in ${path} was begun only: finish it with \`covey credentials add\`.`);
	const { certificate, servers } = await ask({ name: about.name, request: await requestForKey(keys.key) });
	const ca = readFileSync(files.caFile, 'utf8');
	finishCredentialFolder(path, about, { certificate, servers, ca, cluster: about.issued.cluster });
	return finished(path);
}

function finished(folder: string): CredentialFolder {
	const credential = readCredentialFolder(folder);
	if (credential) return credential;
	throw new CoveyError('DATA_DIR_UNUSABLE', `The credential is missing from ${folder}.`);
}
