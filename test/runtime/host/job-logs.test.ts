import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fileJobLogs } from '../../../runtime/host/job-logs.ts';

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'covey-job-logs-'));
	onTestFinished(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

test('the newest lines of a job are read back, also by the next process', () => {
	const path = folder();
	const logs = fileJobLogs(path);
	for (const line of ['one', 'two', 'three']) logs.append('install/wiki/build/1', line);
	logs.append('install/wiki/build/2', 'other');
	expect(fileJobLogs(path).read('install/wiki/build/1', 2)).toEqual(['two', 'three']);
	expect(logs.read('unknown', 9)).toEqual([]);
});

test('a log keeps its newest lines and stays small', () => {
	const path = folder();
	const logs = fileJobLogs(path, { maxFileBytes: 2_000 });
	for (let number = 0; number < 500; number++) logs.append('a', `line ${number} ${'ü'.repeat(10)}`);
	const [file] = readdirSync(path);
	expect(statSync(join(path, file ?? '')).size).toBeLessThanOrEqual(2_000);
	const lines = logs.read('a', 1_000);
	expect(lines[0]).toContain('dropped');
	expect(lines.at(-1)).toContain('line 499');
	logs.append('a', 'x'.repeat(100_000));
	expect(logs.read('a', 1)[0]?.length).toBeLessThan(5_000);
});

test('the logs of the latest jobs are kept, older ones removed', () => {
	const path = folder();
	const logs = fileJobLogs(path, { maxFiles: 3 });
	for (let job = 0; job < 6; job++) {
		const before = new Set(readdirSync(path));
		logs.append(`job-${job}`, 'line');
		const added = readdirSync(path).find((name) => !before.has(name));
		if (added) utimesSync(join(path, added), job, job);
	}
	expect([0, 1, 2, 3, 4, 5].filter((job) => logs.read(`job-${job}`, 1).length > 0)).toEqual([3, 4, 5]);
});

test('a log that cannot be written is told once and fails nobody', () => {
	const path = folder();
	const failures: unknown[] = [];
	const logs = fileJobLogs(path, { onFailure: (thrown) => failures.push(thrown) });
	rmSync(path, { recursive: true });
	logs.append('a', 'one');
	logs.append('a', 'two');
	expect(failures).toHaveLength(1);
});
