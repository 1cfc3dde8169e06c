import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defaultHostName, openDataDir } from '../../../runtime/host/data-dir.ts';
import { lockFolder } from '../../../runtime/host/data-dir-lock.ts';

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'covey-data-'));
	onTestFinished(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

test('a new data directory is private and gets a name and the first incarnation', () => {
	const path = join(folder(), 'deep', 'data');
	const dir = openDataDir({ path, host: 'alder', now: 7 });
	expect(statSync(path).mode & 0o777).toBe(0o700);
	expect(statSync(join(path, 'identity.json')).mode & 0o777).toBe(0o600);
	expect(dir.identity).toEqual({ schema: 1, host: 'alder', incarnation: 1, createdAt: 7, ports: {} });
	dir.remember({ cluster: 'home', ports: { http: 4000 } });
	dir.close();
	const again = openDataDir({ path, now: 9 });
	expect(again.identity).toEqual({
		schema: 1,
		host: 'alder',
		cluster: 'home',
		incarnation: 2,
		createdAt: 7,
		ports: { http: 4000 },
	});
	again.close();
});

test('a directory keeps its host: another name is refused', () => {
	const path = folder();
	openDataDir({ path, host: 'alder', now: 7 }).close();
	expect(() => openDataDir({ path, host: 'birch', now: 7 })).toThrow(
		expect.objectContaining({ code: 'NAME_TAKEN', message: expect.stringContaining('alder') }),
	);
	expect(() => openDataDir({ path: folder(), host: 'Not A Name', now: 7 })).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('a damaged or newer identity is not replaced by a new one', () => {
	const path = folder();
	for (const [content, code] of [
		['{"schema":1,"ho', 'DATA_DIR_UNUSABLE'],
		['{"schema":2}', 'NEWER_RECORD'],
	] as const) {
		writeFileSync(join(path, 'identity.json'), content);
		expect(() => openDataDir({ path, now: 7 })).toThrow(expect.objectContaining({ code }));
		expect(readFileSync(join(path, 'identity.json'), 'utf8')).toBe(content);
	}
});

test('a path that cannot be a directory says so', () => {
	const file = join(folder(), 'file');
	writeFileSync(file, '');
	expect(() => openDataDir({ path: join(file, 'data'), now: 7 })).toThrow(expect.objectContaining({ code: 'DATA_DIR_UNUSABLE' }));
});

test('a second process is told which process has the directory and since when; a killed one leaves no lock', async () => {
	const path = folder();
	const holder = holdInChild(path);
	await once(holder.child.stdout ?? holder.child, 'data');
	const before = statSync(join(path, 'identity.json')).mtimeMs;
	expect(() => openDataDir({ path, now: 7 })).toThrow(
		expect.objectContaining({
			code: 'DATA_DIR_IN_USE',
			message: expect.stringContaining('1970-01-01T00:00:01.234Z'),
			details: { pid: holder.child.pid, since: 1234 },
		}),
	);
	expect(statSync(join(path, 'identity.json')).mtimeMs).toBe(before);
	holder.child.kill('SIGKILL');
	await holder.gone;
	const dir = openDataDir({ path, now: 8 });
	expect(dir.identity.incarnation).toBe(2);
	expect(() => openDataDir({ path, now: 9 })).toThrow(expect.objectContaining({ code: 'DATA_DIR_IN_USE' }));
	dir.close();
});

test.each([
	['flock', undefined],
	['SQLite, where flock is missing', null],
])('the lock of %s is given to one at a time, and to the next when it is released', (_name, flock) => {
	const path = folder();
	const release = lockFolder(path, 1, flock);
	expect(() => lockFolder(path, 2, flock)).toThrow(
		expect.objectContaining({ code: 'DATA_DIR_IN_USE', details: { pid: process.pid, since: 1 } }),
	);
	release();
	lockFolder(path, 3, flock)();
});

test('a lock ends with its holder, though a program that it has started lives on', async () => {
	const path = folder();
	const holder = holdInChild(path, "import('node:child_process').then((c) => c.spawn('sleep', ['30'], { stdio: 'ignore' }))");
	await once(holder.child.stdout ?? holder.child, 'data');
	holder.child.kill('SIGKILL');
	await holder.gone;
	openDataDir({ path, now: 8 }).close();
});

test('a flock that cannot be run, or fails, is told as what it is', () => {
	expect(() => lockFolder(folder(), 1, '/no/such/flock')).toThrow(/ENOENT/);
	expect(() => lockFolder(folder(), 1, process.execPath)).toThrow(/failed: /);
});

test('of many processes that start at once exactly one gets the directory', async () => {
	const path = folder();
	const children = Array.from({ length: 6 }, () => holdInChild(path));
	const first = await Promise.all(
		children.map(({ child }) => Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')])),
	);
	expect(first.filter(([told]) => String(told).startsWith('held'))).toHaveLength(1);
});

function holdInChild(path: string, first = 'Promise.resolve()'): { child: ChildProcess; gone: Promise<unknown> } {
	const url = new URL('../../../runtime/host/data-dir.ts', import.meta.url).href;
	const code = `${first}.then(() => import('${url}')).then((m) => { m.openDataDir({ path: process.argv[1], host: 'alder', now: 1234 }); console.log('held'); setInterval(() => {}, 1000) })`;
	const child = spawn(process.execPath, ['-e', code, path], { stdio: ['ignore', 'pipe', 'ignore'] });
	onTestFinished(() => void child.kill('SIGKILL'));
	return { child, gone: once(child, 'exit') };
}

test('the name of the machine becomes the name of the host', () => {
	expect(['Alder.home.example', 'My_NAS 2', '---', 'localhost', 'x'.repeat(80)].map(defaultHostName)).toEqual([
		'alder',
		'my-nas-2',
		'host',
		'host',
		'x'.repeat(48),
	]);
});
