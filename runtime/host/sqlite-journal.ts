// The journal of jobs in SQLite: one file, write-ahead log, synced on every write.
// A damaged file is moved aside and a new one begun: owners order their jobs again and keys make that harmless (V5),
// while a host that refuses to start would take its apps down with it. What is lost, the epochs seen, is made up for
// by asking the record first (`forgot`).
import { existsSync, renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { CoveyError } from '../engine/errors.ts';
import { damagedName } from './damaged-file.ts';
import type { JobRow, Journal } from './journal.ts';
import { type DatabaseRow, fromDatabase, toDatabase } from './journal-row.ts';

/** One step per schema version; never change one that was released. */
const MIGRATIONS = [
	`CREATE TABLE jobs (
		key TEXT PRIMARY KEY, actor TEXT NOT NULL, epoch INTEGER NOT NULL, token INTEGER NOT NULL, effect TEXT NOT NULL,
		input TEXT NOT NULL, owner TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, interrupted INTEGER NOT NULL,
		next_at INTEGER NOT NULL, result TEXT, notes TEXT NOT NULL, created INTEGER NOT NULL, ended INTEGER, acked INTEGER NOT NULL
	) STRICT;
	CREATE INDEX jobs_running ON jobs (key) WHERE state = 'running';
	CREATE INDEX jobs_undelivered ON jobs (key) WHERE result IS NOT NULL AND acked = 0;
	CREATE INDEX jobs_ended ON jobs (ended) WHERE acked = 1;
	CREATE TABLE actor_epochs (actor TEXT PRIMARY KEY, epoch INTEGER NOT NULL, retired_seq INTEGER NOT NULL, kept TEXT NOT NULL) STRICT;
	CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`,
];

const UPSERT = `INSERT INTO jobs VALUES (@key, @actor, @epoch, @token, @effect, @input, @owner, @state, @attempts, @interrupted,
	@next_at, @result, @notes, @created, @ended, @acked)
	ON CONFLICT (key) DO UPDATE SET epoch = excluded.epoch, owner = excluded.owner, state = excluded.state, attempts = excluded.attempts,
	interrupted = excluded.interrupted, next_at = excluded.next_at, result = excluded.result, notes = excluded.notes,
	created = excluded.created, ended = excluded.ended, acked = excluded.acked`;

export interface SqliteJournalOptions {
	/** Another journal that this directory may have had since: what it knew is forgotten here, and it is moved aside. */
	instead?: string;
	/** Called when a damaged journal was moved aside, with the path it has now. */
	onMovedAside?(path: string, reason: string): void;
}

/** Throws NEWER_RECORD for a journal of a newer Covey, DISK_FULL, or DATA_DIR_UNUSABLE. */
export function openSqliteJournal(path: string, options: SqliteJournalOptions = {}): Journal {
	const db = openOrReplace(path, options);
	if (options.instead !== undefined && existsSync(options.instead)) {
		forget(db, options.instead);
		renameSync(options.instead, `${options.instead}.before`);
	}
	return journalOn(db);
}

function openOrReplace(path: string, options: SqliteJournalOptions): Database.Database {
	const opened = tryOpen(path);
	if ('db' in opened) return opened.db;
	const aside = moveAside(path);
	options.onMovedAside?.(aside, opened.damage);
	const again = tryOpen(path);
	if ('damage' in again)
		throw new CoveyError('DATA_DIR_UNUSABLE', `A new journal at ${path} is damaged at once: ${again.damage}`);
	forget(again.db, aside);
	return again.db;
}

const forget = (db: Database.Database, journal: string): void =>
	void db.prepare(`INSERT OR REPLACE INTO facts VALUES ('forgot', ?)`).run(journal);

type Opened = { db: Database.Database } | { damage: string };

function tryOpen(path: string): Opened {
	let db: Database.Database | null = null;
	try {
		db = new Database(path);
		db.pragma('busy_timeout = 5000');
		const check = db.pragma('quick_check(1)', { simple: true });
		if (check !== 'ok') return closed(db, String(check));
		db.pragma('journal_mode = WAL');
		db.pragma('synchronous = FULL');
		db.pragma('journal_size_limit = 4194304');
		db.pragma('cache_size = -512');
		migrate(db, path);
		return { db };
	} catch (thrown) {
		if (isDamage(thrown)) return closed(db, thrown.message);
		db?.close();
		throw toJournalError(thrown, path);
	}
}

function closed(db: Database.Database | null, damage: string): Opened {
	db?.close();
	return { damage };
}

function migrate(db: Database.Database, path: string): void {
	const version = Number(db.pragma('user_version', { simple: true }));
	if (version > MIGRATIONS.length) {
		const message = `The journal ${path} has schema ${version}, this version of Covey knows up to ${MIGRATIONS.length}; it was left alone.`;
		throw new CoveyError('NEWER_RECORD', message);
	}
	db.transaction(() => {
		for (const step of MIGRATIONS.slice(version)) db.exec(step);
		db.pragma(`user_version = ${MIGRATIONS.length}`);
	}).immediate();
}

function moveAside(path: string): string {
	const aside = damagedName(path);
	renameSync(path, aside);
	for (const part of ['-wal', '-shm']) if (existsSync(path + part)) renameSync(path + part, aside + part);
	return aside;
}

function journalOn(db: Database.Database): Journal {
	const path = db.name;
	const upsert = db.prepare(UPSERT);
	const select = (rest: string) => db.prepare<unknown[], DatabaseRow>(`SELECT * FROM jobs ${rest}`);
	const byKey = select('WHERE key = ?');
	const running = select(`WHERE state = 'running' ORDER BY rowid`);
	const undelivered = select('WHERE result IS NOT NULL AND acked = 0 ORDER BY rowid');
	const recent = select('ORDER BY rowid DESC LIMIT ?');
	const mark = db.prepare<[string], { epoch: number; retired_seq: number; kept: string }>(
		'SELECT * FROM actor_epochs WHERE actor = ?',
	);
	const setMark = db.prepare('INSERT OR REPLACE INTO actor_epochs VALUES (?, ?, ?, ?)');
	const prune = db.prepare('DELETE FROM jobs WHERE acked = 1 AND ended < ?');
	const write = db.transaction((change: Parameters<Journal['write']>[0]) => {
		for (const row of change.jobs ?? []) upsert.run(toDatabase(row));
		for (const [actor, to] of Object.entries(change.marks ?? {}))
			setMark.run(actor, to.epoch, to.retiredSeq, JSON.stringify(to.kept));
	});
	const guarded = <T>(work: () => T): T => {
		try {
			return work();
		} catch (thrown) {
			throw toJournalError(thrown, path);
		}
	};
	const rows = (work: () => DatabaseRow[]): JobRow[] => guarded(work).map(fromDatabase);
	return {
		forgot: db.prepare(`SELECT 1 FROM facts WHERE name = 'forgot'`).get() !== undefined,
		job(key) {
			const row = guarded(() => byKey.get(key));
			return row ? fromDatabase(row) : null;
		},
		mark(actor) {
			const row = guarded(() => mark.get(actor));
			return row ? { epoch: row.epoch, retiredSeq: row.retired_seq, kept: JSON.parse(row.kept) as string[] } : null;
		},
		write: (change) => guarded(() => write.immediate(change)),
		running: () => rows(() => running.all()),
		undelivered: () => rows(() => undelivered.all()),
		recent: (limit) => rows(() => recent.all(Math.max(0, limit))),
		prune: (before) => guarded(() => prune.run(before).changes),
		close: () => void db.close(),
	};
}

const isDamage = (thrown: unknown): thrown is Error & { code: string } =>
	thrown instanceof Database.SqliteError && (thrown.code.startsWith('SQLITE_CORRUPT') || thrown.code === 'SQLITE_NOTADB');

function toJournalError(thrown: unknown, path: string): unknown {
	if (!(thrown instanceof Database.SqliteError)) return thrown;
	if (thrown.code === 'SQLITE_FULL' || thrown.code === 'SQLITE_IOERR_WRITE')
		return new CoveyError('DISK_FULL', `The journal ${path} could not be written, its disk is full: ${thrown.message}`, {
			cause: thrown,
		});
	return new CoveyError('DATA_DIR_UNUSABLE', `The journal ${path} cannot be used: ${thrown.message} (${thrown.code})`, {
		cause: thrown,
	});
}
