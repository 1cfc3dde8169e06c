import { execFileSync } from 'node:child_process';
import {
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { readJson, readText, switchLink, writeDurably, writeJson } from '../../../runtime/disk/durable.ts';

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'covey-disk-'));
	onTestFinished(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

test('a file is replaced whole, with nothing beside it, and only its user reads it', () => {
	const path = folder();
	writeDurably(join(path, 'a'), 'one');
	writeDurably(join(path, 'a'), 'two');
	expect(readText(join(path, 'a'))).toBe('two');
	expect(statSync(join(path, 'a')).mode & 0o777).toBe(0o600);
	expect(() => writeDurably(join(path, 'missing', 'b'), 'x')).toThrow('ENOENT');
	expect(readdirSync(path)).toEqual(['a']);
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

// Without root there is no small disk to fill; CI always has it.
test.skipIf(!canMount && !process.env.CI)('a disk that fills up leaves the old file, and nothing beside it', () => {
	const disk = join(folder(), 'disk');
	mkdirSync(disk);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
	onTestFinished(() => void execFileSync('umount', [disk]));
	writeDurably(join(disk, 'record'), 'good');
	writeFileSync(join(disk, 'other'), Buffer.alloc(40_000));
	// A part of it still fits: the write is cut short without an error.
	expect(() => writeDurably(join(disk, 'record'), Buffer.alloc(30_000, 'x'))).toThrow('ENOSPC');
	expect(readText(join(disk, 'record'))).toBe('good');
	expect(readdirSync(disk).toSorted()).toEqual(['other', 'record']);
});

test('a link is switched at once, relative to its folder', () => {
	const path = folder();
	for (const name of ['one', 'two']) {
		mkdirSync(join(path, name));
		switchLink(join(path, 'current'), join(path, name));
		expect(readlinkSync(join(path, 'current'))).toBe(name);
	}
	expect(lstatSync(join(path, 'current')).isSymbolicLink()).toBe(true);
	expect(readdirSync(path).toSorted()).toEqual(['current', 'one', 'two']);
});

test('what is absent is null; what is there and not as the schema says is told', () => {
	const path = folder();
	const schema = z.object({ name: z.string() });
	expect(readJson(join(path, 'a'), schema)).toBe(null);
	writeJson(join(path, 'a'), { name: 'alder' });
	expect(readJson(join(path, 'a'), schema)).toEqual({ name: 'alder' });
	expect(readFileSync(join(path, 'a'), 'utf8')).toBe('{\n\t"name": "alder"\n}\n');
	writeJson(join(path, 'a'), { name: 7 });
	expect(() => readJson(join(path, 'a'), schema)).toThrow();
});
