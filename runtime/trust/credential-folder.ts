// The folder in which a credential lives, for this user only: keys, certificates, a context for the public `nats` tool, and a
// README.txt with the commands. `credential.json` says what it is; without a certificate it was begun and not finished.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../disk/durable.ts';
import { CoveyError } from '../engine/errors.ts';
import { Name } from '../engine/record.ts';
import { expiryOf, fits } from './ca.ts';
import { readmeOf } from './credential-readme.ts';
import { nkeyOf } from './identity.ts';
import { Credential } from './members.ts';

const About = z.object({
	schema: z.literal(1),
	name: Name,
	role: Credential.shape.role,
	/** Null while it is begun only. */
	issued: z
		.object({
			cluster: Name,
			/** ADDRESS:PORT of the hosts' nats-servers. */
			servers: z.array(z.string()).min(1),
		})
		.nullable(),
});
export type About = z.infer<typeof About>;

export interface CredentialKeys {
	/** PKCS 8, PEM. Secret. */
	key: string;
	/** `SU…`. Secret. */
	seed: string;
}

export interface IssuedFiles {
	/** PEM. */
	certificate: string;
	ca: string;
	cluster: string;
	servers: string[];
}

export interface CredentialFolder {
	/** Absolute. */
	path: string;
	about: About;
	keys: CredentialKeys;
	files: { caFile: string; certFile: string; keyFile: string };
	/** Prefix of the subjects on which answers come to it. */
	inbox: string;
}

const FILES = {
	about: 'credential.json',
	ca: 'ca.pem',
	certificate: 'client.pem',
	key: 'client.key',
	seed: 'user.nk',
	context: 'nats-context.json',
	readme: 'README.txt',
} as const;

/** What a beginning that was killed may leave: keys that nobody knows. */
const isBegun = (file: string): boolean => file.endsWith('.tmp') || file === FILES.key || file === FILES.seed;

/** The hosts let a credential hear nothing else. */
export const inboxOf = (name: string): string => `_INBOX.c.${name}`;

/** Null when the folder holds no credential. Throws DATA_DIR_UNUSABLE when it is damaged. */
export function readCredentialFolder(path: string): CredentialFolder | null {
	const at = (file: string) => join(resolve(path), file);
	if (!existsSync(at(FILES.about))) return null;
	try {
		const text = (file: string) => readFileSync(at(file), 'utf8');
		const about = About.parse(JSON.parse(text(FILES.about)));
		const keys = { key: text(FILES.key), seed: text(FILES.seed).trim() };
		nkeyOf(keys.seed);
		if (about.issued && !fits(text(FILES.certificate), text(FILES.ca), keys.key))
			throw new Error('certificate, key and authority do not belong together');
		const files = { caFile: at(FILES.ca), certFile: at(FILES.certificate), keyFile: at(FILES.key) };
		return { path: resolve(path), about, keys, files, inbox: inboxOf(about.name) };
	} catch (thrown) {
		throw new CoveyError('DATA_DIR_UNUSABLE', `The credential in ${path} is damaged: ${(thrown as Error).message}`, {
			cause: thrown,
		});
	}
}

/** Keeps the keys before anybody is asked about them. Throws USAGE when there is something else in the folder, DATA_DIR_UNUSABLE. */
export function beginCredentialFolder(path: string, { name, role }: Pick<About, 'name' | 'role'>, keys: CredentialKeys): void {
	written(path, () => {
		if (existsSync(path) && readdirSync(path).some((file) => !isBegun(file)))
			throw new CoveyError('USAGE', `${path} is not empty; choose another folder with --out.`);
		mkdirSync(path, { recursive: true, mode: 0o700 });
		chmodSync(path, 0o700);
		writeDurably(join(path, FILES.key), keys.key);
		writeDurably(join(path, FILES.seed), `${keys.seed}\n`);
		writeAbout(path, { schema: 1, name, role, issued: null });
	});
}

/** Writes what was issued, or issued anew. Throws DATA_DIR_UNUSABLE. */
export function finishCredentialFolder(path: string, { name, role }: About, issued: IssuedFiles): void {
	const { certificate, ca, cluster, servers } = issued;
	const folder = resolve(path);
	const expiresAt = expiryOf(certificate);
	written(folder, () => {
		writeDurably(join(folder, FILES.ca), ca);
		writeDurably(join(folder, FILES.certificate), certificate);
		writeDurably(join(folder, FILES.context), `${JSON.stringify(contextOf(folder, name, role, issued), null, '\t')}\n`);
		writeDurably(join(folder, FILES.readme), readmeOf({ folder, name, role, cluster, servers, inbox: inboxOf(name), expiresAt }));
		writeAbout(folder, { schema: 1, name, role, issued: { cluster, servers } });
	});
}

/** Takes away what was begun and refused; a folder with anything else in it stays. */
export function removeCredentialFolder(path: string): void {
	for (const file of Object.values(FILES)) rmSync(join(path, file), { force: true });
	if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
}

/** As `nats context` keeps them; it wants whole paths. */
const contextOf = (folder: string, name: string, role: string, { cluster, servers }: IssuedFiles): object => ({
	description: `${name}, ${role} of ${cluster}`,
	url: servers.map((server) => `tls://${server}`).join(','),
	nkey: join(folder, FILES.seed),
	cert: join(folder, FILES.certificate),
	key: join(folder, FILES.key),
	ca: join(folder, FILES.ca),
	inbox_prefix: inboxOf(name),
});

const writeAbout = (folder: string, about: About): void =>
	writeDurably(join(folder, FILES.about), `${JSON.stringify(about, null, '\t')}\n`);

function written(path: string, write: () => void): void {
	try {
		write();
	} catch (thrown) {
		if (thrown instanceof CoveyError) throw thrown;
		throw new CoveyError('DATA_DIR_UNUSABLE', `Cannot write the credential into ${path}: ${(thrown as Error).message}`, {
			cause: thrown,
		});
	}
}
