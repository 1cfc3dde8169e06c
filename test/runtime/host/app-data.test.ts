// The data of an app, as its host tells it and as a copy elsewhere has it.
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { layout } from '../../../actors/drivers/process/layout.ts';
import type { Client } from '../../../runtime/cli/client.ts';
import { copyData } from '../../../runtime/cli/copy-data.ts';
import { answerAppData, DataPage, DataPiece, DataRequest } from '../../../runtime/host/app-data.ts';
import { openAppDumps } from '../../../runtime/host/app-dumps.ts';
import { eventually } from '../../helpers/eventually.ts';

let place = '';
let data = '';
beforeEach(async () => {
	place = await mkdtemp(join(tmpdir(), 'covey-app-data-'));
	data = join(place, 'apps/notes');
	mkdirSync(join(data, 'data/deep/er'), { recursive: true });
	writeFileSync(join(data, '.covey.json'), '{}');
});
afterEach(() => rm(place, { recursive: true, force: true }));

const noDumps = openAppDumps('/nowhere/at/all', async () => undefined);
const ask = (request: object) => answerAppData(layout(place), noDumps, DataRequest.parse({ instance: 'notes', ...request }));
const page = async (after: string | null = null) => DataPage.parse(await ask({ do: 'list', after }));

/** The client asks the host itself; what is between them carries JSON. */
const client = (before: (question: string, input: { path?: string }) => void = () => undefined): Pick<Client, 'ask'> =>
	({
		ask: async (question: string, input: { path?: string }) => {
			before(question, input);
			const request = question === 'export.list' ? { do: 'list', ...input } : { do: 'read', offset: 0, ...input };
			return { host: 'birch', ...JSON.parse(JSON.stringify(await ask(request))) };
		},
	}) as unknown as Pick<Client, 'ask'>;

const copyTo = (folder: string, from = client()) => {
	mkdirSync(folder);
	return copyData(from, 'notes', folder, () => undefined);
};

test('a copy has every file, folder and link, with rights and times; sockets and pipes are told', async () => {
	const big = Buffer.alloc(1_300_000, 'covey ');
	writeFileSync(join(data, 'data/big'), big);
	writeFileSync(join(data, 'data/deep/er/note.md'), 'a note');
	writeFileSync(join(data, 'data/empty'), '');
	chmodSync(join(data, 'data/deep/er/note.md'), 0o640);
	symlinkSync('/etc', join(data, 'data/away'));
	symlinkSync('deep/er/note.md', join(data, 'data/near'));
	execFileSync('mkfifo', [join(data, 'data/pipe')]);
	utimesSync(join(data, 'data/deep'), 1_000_000, 1_000_000);
	const to = join(place, 'copy');
	const copied = await copyTo(to);
	expect(copied).toMatchObject({ host: 'birch', files: 3, bytes: big.length + 6, torn: [], left: ['data/pipe'] });
	expect(readFileSync(join(to, 'data/big')).equals(big)).toBe(true);
	expect(readFileSync(join(to, 'data/deep/er/note.md'), 'utf8')).toBe('a note');
	expect(statSync(join(to, 'data/deep/er/note.md')).mode & 0o777).toBe(0o640);
	expect(statSync(join(to, 'data/deep')).mtimeMs).toBe(1_000_000_000);
	expect(readlinkSync(join(to, 'data/away'))).toBe('/etc');
	expect(readlinkSync(join(to, 'data/near'))).toBe('deep/er/note.md');
	expect(existsSync(join(to, '.covey.json'))).toBe(false);
});

test('thousands of files come in pages, each once and in order', async () => {
	for (let index = 0; index < 2_500; index++) writeFileSync(join(data, 'data/deep', `f${String(index).padStart(5, '0')}`), '');
	mkdirSync(join(data, 'data/deep.d'));
	const paths: string[] = [];
	let pages = 0;
	for (let after: string | null = null; ; pages++) {
		const { entries, next } = await page(after);
		paths.push(...entries.map((entry) => entry.path));
		if (next === null) break;
		after = next;
	}
	expect(pages).toBeGreaterThan(1);
	expect(new Set(paths).size).toBe(paths.length);
	expect(paths).toHaveLength(2_500 + 4);
});

test('nothing beside the volumes can be read, by whatever path or link', async () => {
	writeFileSync(join(place, 'secret'), 'not yours');
	symlinkSync(join(place, 'secret'), join(data, 'data/link'));
	symlinkSync(place, join(data, 'data/folder'));
	const read = (path: string) => ask({ do: 'read', path, offset: 0 });
	for (const path of ['data/link', 'data/folder/secret', 'data', 'data/none', 'none/none'])
		await expect(read(path), path).rejects.toMatchObject({ code: 'BAD_REQUEST' });
	for (const path of ['../../secret', '/etc/passwd', 'data/../../../secret', 'data//x', ''])
		await expect(async () => read(path), path).rejects.toThrow();
	await expect(async () => ask({ do: 'read', instance: '../x', path: 'a', offset: 0 })).rejects.toThrow();
	writeFileSync(join(data, 'data/fine'), 'fine');
	expect(DataPiece.parse(await read('data/fine'))).toEqual({ data: Buffer.from('fine').toString('base64'), end: true });
});

test('a file that grows, shrinks or goes while it is copied is told', async () => {
	for (const name of ['grows', 'shrinks', 'goes', 'stays']) writeFileSync(join(data, 'data', name), 'twelve bytes');
	const { torn, files } = await copyTo(
		join(place, 'copy'),
		client((question, { path }) => {
			if (question !== 'export.read') return;
			if (path === 'data/grows') writeFileSync(join(data, 'data/grows'), 'more than twelve bytes');
			if (path === 'data/shrinks') writeFileSync(join(data, 'data/shrinks'), 'x');
			if (path === 'data/goes') rmSync(join(data, 'data/goes'), { force: true });
		}),
	);
	expect(torn.sort()).toEqual(['data/goes', 'data/grows', 'data/shrinks']);
	expect(files).toBe(4);
});

test('a host that names paths outside of the folder writes nothing there', async () => {
	const evil = (path: string): Pick<Client, 'ask'> =>
		({
			ask: async (question: string) =>
				question === 'export.list'
					? { host: 'x', entries: [{ path, type: 'file', mode: 0o644, uid: 0, gid: 0, size: 1, changedAt: 0 }], next: null }
					: { data: 'eA==', end: true },
		}) as unknown as Pick<Client, 'ask'>;
	for (const [index, path] of ['../out', '/tmp/out', 'a/../../out'].entries())
		await expect(copyTo(join(place, `copy${index}`), evil(path))).rejects.toMatchObject({ code: 'INTERNAL' });
	expect(existsSync(join(place, 'out'))).toBe(false);
});

test('dumps are begun once, read when they are whole, told when they fail, and gone when they were fetched', async () => {
	const begun: string[] = [];
	const release = Promise.withResolvers<void>();
	const dumps = openAppDumps(join(place, 'exports'), async (instance, where) => {
		begun.push(instance);
		writeFileSync(where('main'), 'half');
		await release.promise;
		if (instance === 'broken') throw new Error('the server is away');
		writeFileSync(where('main'), 'all of it');
	});
	const asked = (request: object) => answerAppData(layout(place), dumps, DataRequest.parse({ instance: 'notes', ...request }));
	expect(dumps.ask('notes')).toEqual({ status: 'running' });
	expect(dumps.ask('notes')).toEqual({ status: 'running' });
	expect(dumps.ask('broken')).toEqual({ status: 'running' });
	release.resolve();
	await eventually('it is done', () => dumps.ask('notes').status === 'done');
	expect(dumps.ask('notes')).toEqual({ status: 'done', names: ['main'] });
	const read = () => asked({ do: 'read', from: 'dumps', path: 'main', offset: 0 });
	expect(DataPiece.parse(await read())).toEqual({ data: Buffer.from('all of it').toString('base64'), end: true });
	await expect(async () => asked({ do: 'read', from: 'dumps', path: '../../secret', offset: 0 })).rejects.toThrow();
	expect(dumps.ask('broken')).toMatchObject({ status: 'failed', error: { message: 'the server is away' } });
	expect(dumps.ask('broken')).toEqual({ status: 'running' });
	dumps.discard('notes');
	await expect(read()).rejects.toMatchObject({ code: 'BAD_REQUEST' });
	expect(begun).toEqual(['notes', 'broken', 'broken']);
});
