// One process per data directory. The lock is the kernel's (through an empty SQLite file), so a killed holder leaves none
// and a reused process number cannot be mistaken for it; lock.json only tells people who holds it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { writeDurably } from '../disk/durable.ts';
import { CoveyError } from '../engine/errors.ts';

const Holder = z.object({ pid: z.number().int(), since: z.number() });
export type Holder = z.infer<typeof Holder>;

/** Throws DATA_DIR_IN_USE. Returns the release. */
export function lockFolder(folder: string, now: number): () => void {
	const db = new Database(join(folder, 'lock'));
	try {
		db.pragma('busy_timeout = 200');
		db.exec('BEGIN EXCLUSIVE');
	} catch (thrown) {
		db.close();
		if (!(thrown instanceof Database.SqliteError) || !thrown.code.startsWith('SQLITE_BUSY')) throw thrown;
		throw inUse(folder);
	}
	writeDurably(join(folder, 'lock.json'), JSON.stringify({ pid: process.pid, since: now } satisfies Holder));
	return () => void db.close();
}

function inUse(folder: string): CoveyError {
	const holder = holderOf(folder);
	const who = holder ? `process ${holder.pid} since ${new Date(holder.since).toISOString()}` : 'another process';
	return new CoveyError('DATA_DIR_IN_USE', `${folder} is used by ${who}.`, holder ? { details: { ...holder } } : {});
}

/** Who took the lock last. Whether it still has it, only `lockFolder` can tell. */
export function holderOf(folder: string): Holder | null {
	try {
		return Holder.parse(JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8')));
	} catch {
		// Just being taken, or damaged: the lock itself holds all the same.
		return null;
	}
}
