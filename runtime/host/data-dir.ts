// A host's data directory: made, checked, locked, and with an identity that knows how often this host has started.
import { accessSync, constants, mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../disk/durable.ts';
import { CoveyError, toCoveyError } from '../engine/errors.ts';
import { jsonOf } from '../engine/json.ts';
import { Name } from '../engine/record.ts';
import { lockFolder } from './data-dir-lock.ts';

const SCHEMA = 1;
/** Below this neither the journal nor the store can work. */
const LEAST_FREE_BYTES = 32 * 1024 * 1024;

export const Identity = z.object({
	schema: z.literal(SCHEMA),
	host: Name,
	/** Absent until the host belongs to a cluster. */
	cluster: z.string().optional(),
	/** +1 with each start, on disk before anything is said to others. */
	incarnation: z.number().int().positive(),
	createdAt: z.number(),
	/** Ports chosen at the first start, by purpose, so that the host keeps its addresses. */
	ports: z.record(z.string(), z.number().int().min(1).max(65535)),
});
export type Identity = z.infer<typeof Identity>;

export interface DataDir {
	path: string;
	identity: Readonly<Identity>;
	/** Path of a file in it. */
	file(...parts: string[]): string;
	/** Path of a folder in it, made if absent, for this user only. */
	folder(...parts: string[]): string;
	/** Changes the identity, on disk when it returns. */
	remember(change: Partial<Pick<Identity, 'cluster' | 'ports'>>): void;
	/** Gives up the lock. */
	close(): void;
}

export interface DataDirOptions {
	path: string;
	/** Name of a new host; an existing directory keeps its own. Default: this machine's name. */
	host?: string;
	/** Wall time, ms. */
	now: number;
}

/** Throws DATA_DIR_UNUSABLE, DATA_DIR_IN_USE, DISK_FULL, NEWER_RECORD or, for a name other than its own, NAME_TAKEN. */
export function openDataDir({ path, host, now }: DataDirOptions): DataDir {
	makeUsable(path);
	const release = lock(path, now);
	try {
		let identity = nextLife(path, host, now);
		save(path, identity);
		return {
			path,
			get identity() {
				return identity;
			},
			file: (...parts) => join(path, ...parts),
			folder(...parts) {
				const folder = join(path, ...parts);
				mkdirSync(folder, { recursive: true, mode: 0o700 });
				return folder;
			},
			remember(change) {
				const next = Identity.parse({ ...identity, ...change });
				save(path, next);
				identity = next;
			},
			close: release,
		};
	} catch (thrown) {
		release();
		throw thrown;
	}
}

/** `Alder.home.example` becomes `alder`. */
export function defaultHostName(machine: string = hostname()): string {
	const name = (machine.split('.')[0] ?? '')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '-')
		.slice(0, 48)
		.replace(/^-+|-+$/g, '');
	return name === '' || name === 'localhost' ? 'host' : name;
}

function makeUsable(path: string): void {
	let free: number;
	try {
		// Programs that run as users of their own pass through the folders above, and see nothing of them.
		mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
		mkdirSync(path, { recursive: true, mode: 0o700 });
		accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
		const disk = statfsSync(path);
		free = disk.bavail * disk.bsize;
	} catch (thrown) {
		throw unusable(path, thrown);
	}
	if (free >= LEAST_FREE_BYTES) return;
	const message = `The disk of ${path} has ${Math.floor(free / 2 ** 20)} MiB left, Covey needs ${LEAST_FREE_BYTES / 2 ** 20} MiB to start.`;
	throw new CoveyError('DISK_FULL', message, { details: { free, needed: LEAST_FREE_BYTES } });
}

function lock(path: string, now: number): () => void {
	try {
		return lockFolder(path, now);
	} catch (thrown) {
		throw thrown instanceof CoveyError ? thrown : unusable(path, thrown);
	}
}

function nextLife(path: string, asked: string | undefined, now: number): Identity {
	const found = readIdentity(join(path, 'identity.json'));
	if (!found) return { schema: SCHEMA, host: nameOf(asked), incarnation: 1, createdAt: now, ports: {} };
	if (asked === undefined || asked === found.host) return { ...found, incarnation: found.incarnation + 1 };
	const message = `${path} belongs to the host "${found.host}", it cannot become "${asked}".`;
	throw new CoveyError('NAME_TAKEN', message, { details: { host: found.host } });
}

function nameOf(asked: string | undefined): string {
	const name = Name.safeParse(asked ?? defaultHostName());
	if (name.success) return name.data;
	throw new CoveyError('USAGE', `"${asked}" cannot be the name of a host: ${name.error.issues[0]?.message}.`);
}

function readIdentity(file: string): Identity | null {
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch (thrown) {
		if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
		throw unusable(file, thrown);
	}
	const parsed = jsonOf(text);
	const schema = z.looseObject({ schema: z.number() }).safeParse(parsed);
	if (schema.success && schema.data.schema > SCHEMA)
		throw new CoveyError('NEWER_RECORD', `${file} was written by a newer version of Covey (schema ${schema.data.schema}).`);
	const identity = Identity.safeParse(parsed);
	if (identity.success) return identity.data;
	// A new identity here would be a second life of the same host with a lower incarnation: a person must decide.
	throw new CoveyError(
		'DATA_DIR_UNUSABLE',
		`${file} is damaged: ${z.prettifyError(identity.error)}. Restore it from a copy, or use a new directory.`,
	);
}

function save(path: string, identity: Identity): void {
	try {
		writeDurably(join(path, 'identity.json'), `${JSON.stringify(identity, null, '\t')}\n`);
	} catch (thrown) {
		throw unusable(path, thrown);
	}
}

function unusable(path: string, thrown: unknown): CoveyError {
	const { code, message } = toCoveyError(thrown, 'DATA_DIR_UNUSABLE');
	return new CoveyError(code, `The data directory ${path} cannot be used: ${message}`, { cause: thrown });
}
