// What a nats-server of a secure cluster is told about who may speak with it. Plain data: whoever keeps the members' documents
// makes it from them.
import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { CoveyError } from '../runtime/engine/errors.ts';
import { Name } from '../runtime/engine/record.ts';

/** SHA-256 of a public key (SPKI DER), hex. */
const Pin = z.string().regex(/^[0-9a-f]{64}$/);
const UserKey = z.string().regex(/^U[A-Z2-7]{55}$/);
const UserSeed = z.string().regex(/^SU[A-Z2-7]{56}$/);
const Path = z.string().min(1);

/** Hosts by what their nats-server does; credentials by what they were made for. */
export const UserRole = z.enum(['voter', 'leaf', 'operator', 'viewer']);
export type UserRole = z.infer<typeof UserRole>;

export const TrustedUser = z.object({
	/** Of the host or the credential. */
	name: Name,
	nkey: UserKey,
	role: UserRole,
});
export type TrustedUser = z.infer<typeof TrustedUser>;

export const ServerTrust = z.object({
	/** Of this host, PEM. The certificate names `covey.internal` and the host's address, for servers and clients. */
	certFile: Path,
	keyFile: Path,
	/** The cluster's authority, PEM. */
	caFile: Path,
	/** Whose keys are let in at all; this host's own is always among them. */
	pins: z.object({
		/** May open routes, and is then root of everything: voters, and a host on its way to be one. */
		hosts: z.array(Pin),
		/** May connect as clients: all hosts and credentials. */
		clients: z.array(Pin),
	}),
	users: z.array(TrustedUser),
	/** nkey seed of this host's own user, for the link of a leaf. */
	leafSeed: UserSeed,
});
export type ServerTrust = z.infer<typeof ServerTrust>;

/** The files of one's own certificate, PEM: read anew with each connection, so a renewed one is used from then on. */
export interface TlsFiles {
	caFile: string;
	certFile: string;
	keyFile: string;
}

/** With the own pin added: a host is never locked out of its own server. Rejects with DATA_DIR_UNUSABLE. */
export async function withOwnPin(trust: ServerTrust): Promise<ServerTrust> {
	const own = await pinOfFile(trust.certFile);
	const and = (pins: readonly string[]): string[] => [...new Set([...pins, own])].sort();
	return { ...trust, pins: { hosts: and(trust.pins.hosts), clients: and(trust.pins.clients) } };
}

async function pinOfFile(file: string): Promise<string> {
	try {
		const { publicKey } = new X509Certificate(await readFile(file));
		return createHash('sha256')
			.update(publicKey.export({ type: 'spki', format: 'der' }))
			.digest('hex');
	} catch (error) {
		throw new CoveyError('DATA_DIR_UNUSABLE', `${file} is no readable certificate: ${(error as Error).message}`, {
			cause: error,
		});
	}
}
