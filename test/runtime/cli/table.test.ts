import { expect, test } from 'vitest';
import { table } from '../../../runtime/cli/format/table.ts';
import { ago, duration, parseDuration } from '../../../runtime/cli/format/units.ts';

const rows = [{ name: 'alder', note: 'x'.repeat(40), count: 7 }];
const columns = [
	{ title: 'NAME', text: (row: (typeof rows)[0]) => row.name },
	{ title: 'COUNT', text: (row: (typeof rows)[0]) => String(row.count), align: 'right' as const, drop: 2 },
	{ title: 'NOTE', text: (row: (typeof rows)[0]) => row.note },
];

test('columns are aligned when there is room', () => {
	expect(table(columns, rows, 80)).toBe(`NAME   COUNT  NOTE\nalder      7  ${'x'.repeat(40)}\n`);
});

test('on a narrow terminal the least important column goes, then the last is cut', () => {
	const lines = table(columns, rows, 30).trimEnd().split('\n');
	expect(lines[0]).not.toContain('COUNT');
	expect(lines[1]).toMatch(/…$/);
	for (const line of lines) expect([...line].length).toBeLessThanOrEqual(30);
});

test('durations have two units at most, and are read back', () => {
	expect(duration(93_000)).toBe('1 min 33 s');
	expect(duration(0)).toBe('0 s');
	expect(ago(0, 180_000)).toBe('3 min ago');
	expect(parseDuration('10m')).toBe(600_000);
	expect(parseDuration('ten')).toBeNull();
});
