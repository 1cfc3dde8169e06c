import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLog } from '../../../runtime/host/log.ts';
import { openPlainLog } from '../../../runtime/host/plain-log.ts';

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'covey-log-'));
	onTestFinished(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

test.each([openLog, openPlainLog])('a log line is JSON with the host, and secrets never reach it: %o', (open) => {
	const file = join(folder(), 'covey.log');
	const log = open(file, 'alder');
	log.info({ type: 'joined', auth: { token: 'abc123', deep: { password: 'hunter2' } } }, 'hello');
	const text = readFileSync(file, 'utf8');
	expect(JSON.parse(text)).toMatchObject({ host: 'alder', msg: 'hello', auth: { token: '(hidden)' } });
	expect(text).not.toMatch(/abc123|hunter2/);
	expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('the log is rotated and bounded', () => {
	const path = folder();
	const log = openLog(join(path, 'covey.log'), 'alder');
	const line = 'x'.repeat(64 * 1024);
	for (let number = 0; number < 16 * 50; number++) log.info({ line });
	expect(readdirSync(path).sort()).toEqual(['covey.log', 'covey.log.1', 'covey.log.2', 'covey.log.3']);
	const size = readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
	expect(size).toBeLessThan(40 * 1024 ** 2);
});

test('a log that cannot be written ends nobody', () => {
	const path = folder();
	const log = openLog(join(path, 'gone', 'covey.log'), 'alder');
	expect(() => log.error({ n: 1 }, 'words')).not.toThrow();
});
