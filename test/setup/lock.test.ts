import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withLock } from '../../runtime/setup/lock.mjs';
import { beQuiet } from '../../runtime/setup/say.mjs';

beQuiet();

test('two that want the same lock go one after the other', async () => {
	using lock = scratchLock();
	const story: string[] = [];
	let letGo = () => {};
	const first = withLock(lock.file, async () => {
		story.push('first in');
		await new Promise<void>((resolve) => {
			letGo = resolve;
		});
		story.push('first out');
	});
	const second = withLock(lock.file, async () => story.push('second in'));
	await expect.poll(() => story).toEqual(['first in']);
	letGo();
	await Promise.all([first, second]);
	expect(story).toEqual(['first in', 'first out', 'second in']);
	expect(existsSync(lock.file)).toBe(false);
});

test('the lock is given back when the work fails', async () => {
	using lock = scratchLock();
	await expect(withLock(lock.file, () => Promise.reject(new Error('no space')))).rejects.toThrow('no space');
	expect(await withLock(lock.file, async () => 'in')).toBe('in');
});

test('a lock whose holder was killed is taken over', async () => {
	using lock = scratchLock();
	writeFileSync(lock.file, JSON.stringify({ pid: await deadPid() }));
	expect(await withLock(lock.file, async () => 'in')).toBe('in');
});

test('a lock file cut short by a full disk is taken over', async () => {
	using lock = scratchLock();
	writeFileSync(lock.file, '{"pi');
	expect(await withLock(lock.file, async () => 'in')).toBe('in');
});

test('a killed holder still holds while the child it started runs', async () => {
	using lock = scratchLock();
	const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
	writeFileSync(lock.file, JSON.stringify({ pid: await deadPid(), child: child.pid }));
	let inside = false;
	const waiting = withLock(lock.file, async () => {
		inside = child.exitCode === null;
	});
	child.stdin?.end();
	await waiting;
	expect(inside).toBe(false);
});

async function deadPid(): Promise<number> {
	const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
	await once(child, 'exit');
	return child.pid ?? 0;
}

function scratchLock() {
	const folder = mkdtempSync(join(tmpdir(), 'covey-lock-'));
	return { file: join(folder, 'setup.lock'), [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
