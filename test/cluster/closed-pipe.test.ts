// Output that nobody reads any more.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { COVEY, runCovey } from '../helpers/run-covey.ts';

function runUnread(args: string[]) {
	const child = spawn(process.execPath, [COVEY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
	onTestFinished(() => void child.kill('SIGKILL'));
	child.stdout.destroy();
	let said = '';
	child.stderr.on('data', (text) => {
		said += text;
	});
	return { child, said: () => said, ended: once(child, 'exit') };
}

test('a verb ends quietly when its reader has gone', async () => {
	const { said, ended } = runUnread(['--help']);
	expect(await ended).toEqual([0, null]);
	expect(said()).toBe('');
});

test('a host goes on when nobody reads what it prints', async () => {
	const data = mkdtempSync(join(tmpdir(), 'covey-unread-'));
	const { child, said, ended } = runUnread(['up', '--data', data]);
	onTestFinished(() => rmSync(data, { recursive: true, force: true }));
	const asked = await eventually('it answers', async () => {
		const { code, data: told, stderr } = await runCovey(['hosts', '--json', '--data', data], process.env);
		if (code !== 0) throw new Error(stderr || JSON.stringify(told));
		return told;
	});
	expect(asked.hosts).toHaveLength(1);
	expect(child.exitCode).toBeNull();
	child.kill('SIGTERM');
	expect(await ended).toEqual([0, null]);
	expect(said()).toBe('');
});
