import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openFileJournal } from '../../../runtime/host/file-journal.ts';
import { type JobRow, type Journal, memoryJournal } from '../../../runtime/host/journal.ts';
import { openSqliteJournal } from '../../../runtime/host/sqlite-journal.ts';
import { jobWorld, orderFor } from './job-world.ts';

const run = promisify(execFile);

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'covey-journal-'));
	onTestFinished(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

const row = (key: string, change: Partial<JobRow> = {}): JobRow => ({
	...{ key, actor: { kind: 'install', id: 'wiki' }, epoch: 1, token: 1, effect: 'work', input: { n: 1 }, owner: 'alder' },
	...{ state: 'running', attempts: 0, interrupted: 0, nextAt: 0, end: null, notes: [], created: 5, ended: null, acked: false },
	...change,
});
const done: Partial<JobRow> = { state: 'done', end: { status: 'done', output: { ok: [1, 'ü'] } }, ended: 10 };

const kinds: [string, () => Journal][] = [
	['memory', memoryJournal],
	['SQLite', () => openSqliteJournal(join(folder(), 'jobs.sqlite'))],
	['a file', () => openFileJournal(join(folder(), 'jobs.json'))],
];

/** Those that last. */
const lasting = [
	['SQLite', 'jobs.sqlite', openSqliteJournal],
	['a file', 'jobs.json', openFileJournal],
] as const;

describe.each(kinds)('a journal in %s', (_name, open) => {
	test('gives back what was written, and only copies of it', () => {
		const journal = open();
		journal.write({
			jobs: [row('a', { notes: [{ at: 1, kind: 'run', text: 'npm' }] })],
			marks: { 'install/wiki': { epoch: 3, retiredSeq: 2, kept: ['a'] } },
		});
		const found = journal.job('a');
		expect(found).toEqual(row('a', { notes: [{ at: 1, kind: 'run', text: 'npm' }] }));
		if (found) found.owner = 'nobody';
		expect(journal.job('a')?.owner).toBe('alder');
		expect(journal.mark('install/wiki')).toEqual({ epoch: 3, retiredSeq: 2, kept: ['a'] });
		expect(journal.job('b')).toBeNull();
		expect(journal.mark('install/other')).toBeNull();
	});

	test('knows what runs, what nobody was told yet, and what is newest', () => {
		const journal = open();
		journal.write({
			jobs: [row('a'), row('b', done), row('c', { ...done, acked: true }), row('d', { state: 'aborted', ended: 9, acked: true })],
		});
		expect(journal.running().map((job) => job.key)).toEqual(['a']);
		expect(journal.undelivered()).toEqual([row('b', done)]);
		expect(journal.recent(2).map((job) => job.key)).toEqual(['d', 'c']);
		journal.write({ jobs: [row('a', { ...done, acked: true })] });
		expect(journal.recent(9).map((job) => job.key)).toEqual(['d', 'c', 'b', 'a']);
		expect(journal.prune(10)).toBe(1);
		expect(journal.prune(11)).toBe(2);
		expect(journal.recent(9).map((job) => job.key)).toEqual(['b']);
	});
});

test.each(lasting)('a journal in %s keeps everything over a restart', (_name, file, open) => {
	const path = join(folder(), file);
	const journal = open(path);
	journal.write({ jobs: [row('a'), row('b', done)], marks: { 'install/wiki': { epoch: 3, retiredSeq: -1, kept: [] } } });
	journal.close();
	const again = open(path);
	expect([again.running(), again.undelivered(), again.mark('install/wiki')?.epoch]).toEqual([[row('a')], [row('b', done)], 3]);
	expect(again.forgot).toBe(false);
	again.prune(11);
	again.write({ jobs: [row('b', { ...done, acked: true })] });
	expect(again.prune(11)).toBe(1);
	again.close();
	const third = open(path);
	expect(third.recent(9)).toEqual([row('a')]);
	third.close();
});

test('a directory that was a witness’s and a host’s in turn has forgotten what the other journal knew', () => {
	const dir = folder();
	const [host, witness] = [join(dir, 'jobs.db'), join(dir, 'jobs.json')];
	const asHost = () => openSqliteJournal(host, { instead: witness });
	const asWitness = () => openFileJournal(witness, { instead: host });
	const lives = [asHost, asHost, asWitness, asWitness, asHost, asHost].map((open) => {
		const journal = open();
		const { forgot } = journal;
		journal.write({ jobs: [row('a')] });
		journal.close();
		return forgot;
	});
	expect(lives).toEqual([false, false, true, true, true, true]);
});

test('a journal in a file of a newer schema is refused and left alone', () => {
	const path = join(folder(), 'jobs.json');
	writeFileSync(path, '{"schema":99}');
	expect(() => openFileJournal(path)).toThrow(
		expect.objectContaining({ code: 'NEWER_RECORD', message: expect.stringContaining('schema 99') }),
	);
	expect(readFileSync(path, 'utf8')).toBe('{"schema":99}');
});

test('a journal of a newer schema is refused and left alone', () => {
	const path = join(folder(), 'jobs.sqlite');
	openSqliteJournal(path).close();
	const db = new Database(path);
	db.pragma('user_version = 99');
	db.close();
	expect(() => openSqliteJournal(path)).toThrow(
		expect.objectContaining({ code: 'NEWER_RECORD', message: expect.stringContaining('schema 99') }),
	);
});

const garbage = (path: string) => writeFileSync(path, 'garbage '.repeat(2_000));

test.each([
	['not a database', 'jobs.sqlite', openSqliteJournal, garbage],
	['torn pages', 'jobs.sqlite', openSqliteJournal, tear],
	['no JSON', 'jobs.json', openFileJournal, garbage],
	['cut short', 'jobs.json', openFileJournal, (path: string) => writeFileSync(path, '{"schema":1,"forgot":false,"jobs":[')],
] as const)('a damaged journal (%s) is moved aside, and the host asks the record before it trusts an order', async (...given) => {
	const [, file, open, damage] = given;
	const dir = folder();
	const path = join(dir, file);
	damage(path);
	const moved: string[] = [];
	open(path, { onMovedAside: (to) => moved.push(to) }).close();
	// Also where it ended before anything was written.
	const journal = open(path);
	expect(readdirSync(dir)).toContain(`${file}.damaged-1`);
	expect(moved).toEqual([`${path}.damaged-1`]);
	const { host, world, clock, runs } = jobWorld({ journal });
	world.claim = null;
	await host.order(orderFor());
	await clock.advance(1);
	expect(runs).toHaveLength(0);
	expect(journal.job(orderFor().key)?.state).toBe('aborted');
	journal.close();
});

function tear(path: string): void {
	const journal = openSqliteJournal(path);
	for (let number = 0; number < 200; number++) journal.write({ jobs: [row(`job-${number}`, done)] });
	journal.close();
	const db = new Database(path);
	db.pragma('journal_mode = DELETE');
	const pages = Number(db.pragma('page_count', { simple: true }));
	db.close();
	const broken = Buffer.alloc(4096 * pages, 0xa5);
	readFileSync(path).copy(broken, 0, 0, 4096);
	writeFileSync(path, broken);
}

test.each(lasting)(
	'a full disk under %s is DISK_FULL, changes nothing, and works again when there is room',
	async (_name, file, open) => {
		const dir = folder();
		const script = join(import.meta.dirname, 'full-disk-child.ts');
		// A file size limit is a full disk that needs no root. SIGXFSZ ignored, so that write() fails instead.
		const shell = `trap '' XFSZ; ulimit -S -f 256; exec "$0" "$1" "$2"`;
		const { stdout } = await run('bash', ['-c', shell, process.execPath, script, join(dir, file)]);
		const told = JSON.parse(stdout) as { code: string; written: number; kept: number; after: number };
		expect(told.code).toBe('DISK_FULL');
		expect(told.kept).toBe(told.written);
		const journal = open(join(dir, file));
		expect(journal.recent(10_000).length).toBe(told.written);
		journal.write({ jobs: [row('after')] });
		expect(journal.job('after')).not.toBeNull();
		journal.close();
	},
);
