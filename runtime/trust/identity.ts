// Who this host is: its certificate and keys, and the cluster's. One file is the truth (`trust/identity.json`); the PEM files
// beside it are written from it at each start, for nats-server to read.
import { createPublicKey } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUser, fromSeed } from '@nats-io/nkeys';
import { z } from 'zod';
import { writeDurably } from '../disk/durable.ts';
import { CoveyError, toCoveyError } from '../engine/errors.ts';
import { jsonOf } from '../engine/json.ts';
import { fits, pinOf } from './ca.ts';
import { Roll } from './members.ts';
import { ClusterKey } from './seal.ts';

export const Identity = z.object({
	schema: z.literal(1),
	host: z.string(),
	/** Certificate of the cluster's authority, PEM. */
	ca: z.string(),
	/** PEM. */
	certificate: z.string(),
	/** PKCS 8, PEM. Made here; never leaves. */
	key: z.string(),
	/** nkey seed of this host's NATS user. */
	seed: z.string().startsWith('SU'),
	/** Newest first. */
	clusterKeys: z.array(ClusterKey).min(1),
	/** Who belonged to the cluster when last heard: whom to let in at the next start, before the store answers. */
	roll: Roll,
});
export type Identity = z.infer<typeof Identity>;

export interface IdentityFiles {
	certFile: string;
	keyFile: string;
	caFile: string;
}

const FILE = 'identity.json';

/** Null when this data directory belongs to no secure cluster. Throws DATA_DIR_UNUSABLE when the file is damaged or cannot be read. */
export function readIdentity(folder: string): Identity | null {
	const file = join(folder, FILE);
	if (!existsSync(file)) return null;
	const parsed = Identity.safeParse(jsonOf(textOf(file)));
	const why = parsed.success
		? misfit(parsed.data)
		: `${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`;
	if (parsed.success && why === null) return parsed.data;
	throw new CoveyError(
		'DATA_DIR_UNUSABLE',
		`${file} is damaged: ${why}. Without it this host cannot prove who it is; join it again.`,
	);
}

/** Whole or not at all, for this user only. Throws DATA_DIR_UNUSABLE, DISK_FULL. */
export function writeIdentity(folder: string, identity: Identity): IdentityFiles {
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		chmodSync(folder, 0o700);
		writeDurably(join(folder, FILE), `${JSON.stringify(identity, null, '\t')}\n`);
		const files = filesOf(folder);
		writeDurably(files.caFile, identity.ca);
		writeDurably(files.keyFile, identity.key);
		writeDurably(files.certFile, identity.certificate);
		return files;
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code === 'ENOSPC') throw thrown;
		throw new CoveyError('DATA_DIR_UNUSABLE', `Cannot write the keys into ${folder}: ${(thrown as Error).message}`, {
			cause: thrown,
		});
	}
}

export const filesOf = (folder: string): IdentityFiles => ({
	certFile: join(folder, 'host.pem'),
	keyFile: join(folder, 'host.key'),
	caFile: join(folder, 'ca.pem'),
});

/** `SU…`. Secret. */
export const newSeed = (): string => new TextDecoder().decode(createUser().getSeed());

/** `U…` of a seed. */
export const nkeyOf = (seed: string): string => fromSeed(new TextEncoder().encode(seed)).getPublicKey();

export const pinOfIdentity = ({ certificate }: Pick<Identity, 'certificate'>): string => pinOf(certificate);

function misfit({ certificate, ca, key, seed }: Identity): string | null {
	try {
		createPublicKey(key);
		nkeyOf(seed);
		return fits(certificate, ca, key) ? null : 'certificate, key and authority do not belong together';
	} catch (error) {
		return (error as Error).message;
	}
}

function textOf(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch (thrown) {
		throw toCoveyError(thrown, 'DATA_DIR_UNUSABLE');
	}
}
