// One process per data directory. The lock is the kernel's, so a killed holder leaves none and a reused process number cannot be
// mistaken for it; lock.json only tells people who holds it.
//
// The program flock of util-linux locks a file that we have opened, and ends; the lock is ours until the file is closed. Where it is
// missing, an empty SQLite file is locked: that library takes 3 MB of a process that needs it for nothing else, as a witness.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { onPath } from '../../actors/drivers/process/programs.ts';
import { writeDurably } from '../disk/durable.ts';
import { CoveyError } from '../engine/errors.ts';

const Holder = z.object({ pid: z.number().int(), since: z.number() });
export type Holder = z.infer<typeof Holder>;

/** Beside PATH, which a service may have shorter than a person: all on one machine must take the same kind of lock. */
const FOLDERS = ['/usr/bin', '/bin', '/run/current-system/sw/bin'];
/** Whoever is just ending gets this long to go. */
const GRACE_MS = 200;
const FLOCK_LIMIT_MS = 10_000;
/** Of flock, when somebody else has the lock; what goes wrong ends with 64 and more. */
const TAKEN = 1;

/** Throws DATA_DIR_IN_USE. Returns the release. */
export function lockFolder(folder: string, now: number, flock: string | null = findFlock()): () => void {
	const file = join(folder, 'lock');
	const release = flock === null ? lockBySqlite(file) : lockByProgram(flock, file);
	if (release === null) throw inUse(folder);
	try {
		writeDurably(join(folder, 'lock.json'), JSON.stringify({ pid: process.pid, since: now } satisfies Holder));
		return release;
	} catch (thrown) {
		release();
		throw thrown;
	}
}

const findFlock = (): string | null => onPath('flock', [process.env['PATH'] ?? '', ...FOLDERS].join(delimiter));

type Release = (() => void) | null;

function lockByProgram(flock: string, path: string): Release {
	const file = openSync(path, 'a', 0o600);
	const release = () => closeSync(file);
	try {
		if (tryFlock(flock, file)) return release;
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, GRACE_MS);
		if (tryFlock(flock, file)) return release;
	} catch (thrown) {
		release();
		throw thrown;
	}
	release();
	return null;
}

/** The lock belongs to the open file, which the program shares with us. */
function tryFlock(flock: string, file: number): boolean {
	const run = spawnSync(flock, ['-n', '3'], {
		stdio: ['ignore', 'ignore', 'pipe', file],
		encoding: 'utf8',
		timeout: FLOCK_LIMIT_MS,
	});
	if (run.error) throw run.error;
	if (run.status === 0 || run.status === TAKEN) return run.status === 0;
	throw new Error(`${flock} failed: ${run.stderr.trim() || `status ${run.status}`}`);
}

function lockBySqlite(path: string): Release {
	const Database = createRequire(import.meta.url)('better-sqlite3') as typeof import('better-sqlite3');
	const db = new Database(path);
	try {
		db.pragma(`busy_timeout = ${GRACE_MS}`);
		db.exec('BEGIN EXCLUSIVE');
		return () => void db.close();
	} catch (thrown) {
		db.close();
		if (thrown instanceof Database.SqliteError && thrown.code.startsWith('SQLITE_BUSY')) return null;
		throw thrown;
	}
}

function inUse(folder: string): CoveyError {
	const holder = holderOf(folder);
	const who = holder ? `process ${holder.pid} since ${new Date(holder.since).toISOString()}` : 'another process';
	return new CoveyError('DATA_DIR_IN_USE', `${folder} is used by ${who}.`, holder ? { details: { ...holder } } : {});
}

/** Who took the lock last. Whether it still has it, only `lockFolder` can tell. */
function holderOf(folder: string): Holder | null {
	try {
		return Holder.parse(JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8')));
	} catch {
		// Just being taken, or damaged: the lock itself holds all the same.
		return null;
	}
}
