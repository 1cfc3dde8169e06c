import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { layout } from '../../../../actors/drivers/process/layout.ts';
import { KEPT_MS, openTrash } from '../../../../actors/drivers/process/trash.ts';
import { trashData } from '../../../../actors/drivers/process/volumes.ts';
import { eventually } from '../../../helpers/eventually.ts';

const HOUR = 3_600_000;
let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'covey-trash-'));
	for (const name of ['apps', 'trash']) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () =>
	openTrash(layout(folder), (error) => {
		throw error;
	});

/** The data of an app, with a line in it. */
function plant(instance: string, line = 'precious'): string {
	const path = join(folder, 'apps', instance, 'data');
	mkdirSync(path, { recursive: true });
	writeFileSync(join(path, 'notes.txt'), line);
	const identity = { schema: 1, instance, app: 'notes', createdAt: 1, firstStarted: 1, lastHealthy: 1, volumes: {} };
	writeFileSync(join(folder, 'apps', instance, '.covey.json'), JSON.stringify(identity));
	return join(path, 'notes.txt');
}

test('what was removed is listed, and restored by its name', async () => {
	const file = plant('my-notes');
	trashData(layout(folder), 'my-notes');
	expect(existsSync(file)).toBe(false);
	const [item] = await open().list();
	expect(item).toMatchObject({ instance: 'my-notes', app: 'notes', bytes: expect.any(Number) });
	expect(Math.abs((item?.at ?? 0) - Date.now())).toBeLessThan(60_000);
	expect(open().restore(item?.id ?? '')).toBe('my-notes');
	expect(readFileSync(file, 'utf8')).toBe('precious');
	expect(await open().list()).toEqual([]);
});

test('nothing is restored over other data, nor twice', async () => {
	plant('notes', 'old');
	trashData(layout(folder), 'notes');
	const file = plant('notes', 'new');
	const [{ id } = { id: '' }] = await open().list();
	expect(() => open().restore(id)).toThrow(expect.objectContaining({ code: 'NAME_TAKEN' }));
	expect(readFileSync(file, 'utf8')).toBe('new');
	trashData(layout(folder), 'notes');
	expect(open().restore(id)).toBe('notes');
	expect(() => open().restore(id)).toThrow(expect.objectContaining({ code: 'UNKNOWN_TRASH' }));
	expect(readFileSync(file, 'utf8')).toBe('old');
});

test.each(['../apps', '..', '.', '', 'never-there'])('"%s" is nothing in the trash', (id) => {
	expect(() => open().restore(id)).toThrow(expect.objectContaining({ code: 'UNKNOWN_TRASH' }));
	expect(() => open().empty(id)).toThrow(expect.objectContaining({ code: 'UNKNOWN_TRASH' }));
});

test('emptied, it is gone at once and its space soon', async () => {
	for (const name of ['one', 'two']) {
		plant(name);
		trashData(layout(folder), name);
	}
	const trash = open();
	const [item] = await trash.list();
	expect(trash.empty(item?.id ?? '')).toEqual([item?.id]);
	expect(await trash.list()).toHaveLength(1);
	expect(trash.empty(null)).toHaveLength(1);
	await eventually('the folder is empty', () => readdirSync(join(folder, 'trash')).length === 0);
});

test('a deletion that a crash cut short is finished, never offered again', async () => {
	mkdirSync(join(folder, 'trash', '.gone-notes-2026-11-21t08-00-00-000z', 'data'), { recursive: true });
	expect(await open().list()).toEqual([]);
	await open().sweep(Date.now(), 0);
	expect(readdirSync(join(folder, 'trash'))).toEqual([]);
});

test('it expires after thirty days, found so twice an hour apart', async () => {
	plant('notes');
	trashData(layout(folder), 'notes');
	const trash = open();
	const then = Date.now() + KEPT_MS + HOUR;
	expect(await trash.sweep(Date.now(), 0)).toEqual([]);
	expect(await trash.sweep(then, 0)).toEqual([]);
	expect(await trash.sweep(then, HOUR - 1)).toEqual([]);
	expect(await trash.sweep(then, HOUR)).toHaveLength(1);
});

test('a clock that was wrong for a moment deletes nothing', async () => {
	plant('notes');
	trashData(layout(folder), 'notes');
	const trash = open();
	const wrong = Date.now() + 100 * KEPT_MS;
	await trash.sweep(wrong, 0);
	await trash.sweep(Date.now(), HOUR);
	expect(await trash.sweep(wrong, 2 * HOUR)).toEqual([]);
	expect(await trash.list()).toHaveLength(1);
});
