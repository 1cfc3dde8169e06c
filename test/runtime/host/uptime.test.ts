import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { noteUp, openUptime, upShare } from '../../../runtime/host/uptime.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('a restart is no outage, a longer silence is', () => {
	const book = { firstSeen: 0, lastSeen: HOUR, outages: [] };
	expect(noteUp(book, HOUR + 60_000).outages).toEqual([]);
	const after = noteUp(book, 2 * HOUR);
	expect(after.outages).toEqual([[HOUR, 2 * HOUR]]);
	expect(upShare(after, 4 * HOUR)).toBe(0.75);
});

test('only the last 30 days count', () => {
	const book = noteUp({ firstSeen: 0, lastSeen: 10 * DAY, outages: [] }, 40 * DAY);
	expect(upShare(book, 40 * DAY)).toBe(0);
	expect(upShare(book, 55 * DAY)).toBe(0.5);
	expect(noteUp({ ...book, lastSeen: 71 * DAY }, 71 * DAY).outages).toEqual([]);
});

test('the book survives restarts, and a damaged one begins anew', () => {
	const folder = mkdtempSync(join(tmpdir(), 'covey-uptime-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const file = join(folder, 'uptime.json');
	openUptime(file, 0).share(HOUR);
	expect(openUptime(file, 2 * HOUR).share(2 * HOUR)).toBe(0.5);
	writeFileSync(file, '{');
	expect(openUptime(file, 2 * HOUR).share(3 * HOUR)).toBe(1);
});
