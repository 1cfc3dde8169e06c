import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { timezone } from '../../../../actors/drivers/process/timezone.ts';

const folder = mkdtempSync(join(tmpdir(), 'covey-zone-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
	['/usr/share/zoneinfo/Europe/Berlin', 'Europe/Berlin'],
	['../usr/share/zoneinfo/posix/America/Argentina/Ushuaia', 'America/Argentina/Ushuaia'],
	['/usr/share/zoneinfo/UTC', 'UTC'],
])('the link %s means %s', (target, zone) => {
	const link = join(folder, zone.replaceAll('/', '-'));
	symlinkSync(target, link);
	expect(timezone(link, {})).toBe(zone);
});

test('what the environment says comes first', () => {
	expect(timezone('/nowhere', { TZ: 'Asia/Tokyo' })).toBe('Asia/Tokyo');
});

test('a machine without a zone is in UTC', () => {
	expect(timezone(join(folder, 'nothing'), {})).toBe('UTC');
});

test('a copied zone file is recognised by what it holds', () => {
	const copy = join(folder, 'copy');
	writeFileSync(copy, 'not empty');
	expect(timezone(copy, {})).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
});
