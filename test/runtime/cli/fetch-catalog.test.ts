// With real git and real folders.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addressOf, fetchCatalog } from '../../../runtime/cli/fetch-catalog.ts';

let place = '';
beforeEach(async () => {
	place = await mkdtemp(join(tmpdir(), 'covey-fetch-'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

const git = (folder: string, ...args: string[]): string =>
	execFileSync('git', ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.org', ...args], { cwd: folder, encoding: 'utf8' });

function repository(fill: (folder: string) => void): string {
	const folder = join(place, 'friends');
	mkdirSync(folder);
	git(folder, 'init', '--quiet', '--initial-branch=main');
	fill(folder);
	git(folder, 'add', '--all');
	git(folder, 'commit', '--quiet', '--message', 'Apps');
	return `file://${folder}`;
}

const fetchFrom = (where: string, branch: string | null = null, folder = '') => fetchCatalog(addressOf(where, branch, folder));

describe('from git', () => {
	test('the files of the folder apps are read, with the commit they are from', async () => {
		const url = repository((folder) => {
			mkdirSync(join(folder, 'apps'));
			writeFileSync(join(folder, 'apps/one.yaml'), 'name: one\n');
			writeFileSync(join(folder, 'apps/README.md'), 'no app');
			writeFileSync(join(folder, 'two.yaml'), 'name: two\n');
		});
		const { origin, sources } = await fetchFrom(url);
		expect(sources).toEqual([{ file: 'one.yaml', text: 'name: one\n' }]);
		expect(origin).toMatchObject({
			type: 'git',
			url,
			branch: null,
			commit: git(join(place, 'friends'), 'rev-parse', 'HEAD').trim(),
		});
	});

	test('a branch and a folder can be named; without a folder apps the root is read', async () => {
		const url = repository((folder) => {
			writeFileSync(join(folder, 'one.yaml'), 'name: one\n');
			mkdirSync(join(folder, 'more/deep'), { recursive: true });
			writeFileSync(join(folder, 'more/deep/three.yml'), 'name: three\n');
		});
		expect((await fetchFrom(url)).sources.map(({ file }) => file)).toEqual(['one.yaml']);
		expect((await fetchFrom(url, 'main', 'more/deep')).sources.map(({ file }) => file)).toEqual(['three.yml']);
		await expect(fetchFrom(url, 'other')).rejects.toMatchObject({
			code: 'CATALOG_UNREACHABLE',
			message: expect.stringContaining('other'),
		});
		await expect(fetchFrom(url, null, '../up')).rejects.toMatchObject({ code: 'USAGE' });
		await expect(fetchFrom(url, null, 'none')).rejects.toMatchObject({ code: 'BAD_CATALOG' });
	});

	test('a link in the repository is refused, wherever it leads', async () => {
		const url = repository((folder) => {
			writeFileSync(join(folder, 'one.yaml'), 'name: one\n');
			symlinkSync('/etc/passwd', join(folder, 'two.yaml'));
		});
		await expect(fetchFrom(url)).rejects.toMatchObject({ code: 'BAD_CATALOG', message: expect.stringContaining('link') });
	});

	test('a file that is too large, or none at all, is refused', async () => {
		const url = repository((folder) => {
			writeFileSync(join(folder, 'one.yaml'), '');
			truncateSync(join(folder, 'one.yaml'), 300 * 1024);
		});
		await expect(fetchFrom(url)).rejects.toMatchObject({ code: 'BAD_CATALOG', message: expect.stringContaining('larger') });
		await rm(join(place, 'friends'), { recursive: true });
		const bare = repository((folder) => writeFileSync(join(folder, 'README.md'), 'no apps'));
		await expect(fetchFrom(bare)).rejects.toMatchObject({ code: 'BAD_CATALOG', message: expect.stringContaining('no files') });
	});

	test('no program named by an address is run, and no option is smuggled in', async () => {
		const file = join(place, 'ran');
		for (const bad of [`ext::touch ${file}`, `--upload-pack=touch ${file}`, `-u touch ${file}`, 'https://example.org/a b'])
			await expect(async () => fetchFrom(bad)).rejects.toMatchObject({ code: 'USAGE' });
		await expect(fetchFrom(`file://${place}/nowhere`)).rejects.toMatchObject({ code: 'CATALOG_UNREACHABLE' });
	});
});

describe('from a folder', () => {
	test('its files are read; links, pipes and large files are refused', async () => {
		const folder = join(place, 'mine');
		mkdirSync(folder);
		writeFileSync(join(folder, 'one.yaml'), 'name: one\n');
		writeFileSync(join(folder, '.hidden.yaml'), 'x');
		expect(await fetchFrom(folder)).toEqual({
			origin: { type: 'folder', path: folder, machine: hostname() },
			sources: [{ file: 'one.yaml', text: 'name: one\n' }],
		});
		symlinkSync('one.yaml', join(folder, 'two.yaml'));
		await expect(fetchFrom(folder)).rejects.toMatchObject({ code: 'BAD_CATALOG', message: expect.stringContaining('link') });
		await rm(join(folder, 'two.yaml'));
		execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
		await expect(fetchFrom(folder)).rejects.toMatchObject({ code: 'BAD_CATALOG', message: expect.stringContaining('no file') });
	});

	test('what is neither a folder nor an address is said so', () => {
		expect(() => addressOf('nowhere/at/all', null, '')).toThrow(/neither a folder here nor an address/);
	});
});
