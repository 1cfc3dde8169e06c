// The files of somebody's catalog, from git or from a folder. What is read is data of strangers: nothing of it is checked out, run,
// followed or unpacked; only small regular files with an app's name are read.
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { type CatalogOrigin, MAX_FILES } from '../../catalog/added-catalog.ts';
import type { Source } from '../../catalog/read-catalog.ts';
import { MAX_FILE_BYTES } from '../../catalog/read-entry.ts';
import { CoveyError } from '../engine/errors.ts';

export interface Fetched {
	origin: CatalogOrigin;
	sources: Source[];
}

/** What to fetch: `folder` is one of the repository, empty for `apps` or its root. */
export type CatalogAddress =
	| { type: 'git'; url: string; branch: string | null; folder: string }
	| { type: 'folder'; path: string };

const GIT_URL = /^(https?:\/\/|ssh:\/\/|git:\/\/|file:\/\/\/)[^\s]+$|^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s]+$/;
const FETCH_MS = 120_000;
const APP_FILE = /^[a-z0-9-]+\.ya?ml$/;

export function addressOf(text: string, branch: string | null, folder: string): CatalogAddress {
	if (GIT_URL.test(text)) return { type: 'git', url: text, branch, folder };
	const path = resolve(text);
	if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return { type: 'folder', path };
	throw new CoveyError(
		'USAGE',
		`${text} is neither a folder here nor an address of a git repository like https://example.org/apps.git.`,
	);
}

/** Rejects with CATALOG_UNREACHABLE, and BAD_CATALOG for what may not be read. */
export async function fetchCatalog(address: CatalogAddress): Promise<Fetched> {
	const fetched = address.type === 'git' ? await fromGit(address) : fromFolder(address.path);
	if (fetched.sources.length === 0)
		throw unusable(address.type === 'git' ? address.url : address.path, 'it has no files like notes.yaml');
	return fetched;
}

function fromFolder(path: string): Fetched {
	const inner = join(path, 'apps');
	const folder = statSync(inner, { throwIfNoEntry: false })?.isDirectory() ? inner : path;
	const names = readdirSync(folder)
		.filter((name) => APP_FILE.test(name))
		.sort();
	if (names.length > MAX_FILES) throw unusable(path, `it has ${names.length} files, and ${MAX_FILES} is the limit`);
	const sources = names.map((name) => ({ file: name, text: readRegular(join(folder, name)) }));
	return { origin: { type: 'folder', path: realpathSync(path), machine: hostname() }, sources };
}

/** Never follows a link: it may lead anywhere. */
function readRegular(path: string): string {
	let file: number;
	try {
		file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ELOOP')
			throw unusable(path, 'it is a link; only files are read');
		throw error;
	}
	try {
		const found = fstatSync(file);
		if (!found.isFile()) throw unusable(path, 'it is no file');
		if (found.size > MAX_FILE_BYTES) throw tooLarge(path);
		return readFileSync(file, 'utf8');
	} finally {
		closeSync(file);
	}
}

async function fromGit({ url, branch, folder }: Extract<CatalogAddress, { type: 'git' }>): Promise<Fetched> {
	const place = await mkdtemp(join(tmpdir(), 'covey-catalog-'));
	try {
		const git = gitIn(place);
		await git([
			'clone',
			'--bare',
			'--depth=1',
			'--single-branch',
			'--no-tags',
			`--filter=blob:limit=${MAX_FILE_BYTES}`,
			...(branch === null ? [] : [`--branch=${branch}`]),
			'--',
			url,
			place,
		]);
		const commit = (await git(['rev-parse', 'HEAD'])).trim();
		const files = await filesOf(git, folder, url);
		const sources: Source[] = [];
		for (const { name, hash } of files) sources.push({ file: name, text: await git(['cat-file', 'blob', hash]) });
		return { origin: { type: 'git', url: withoutPassword(url), branch, folder, commit }, sources };
	} finally {
		await rm(place, { recursive: true, force: true });
	}
}

type Git = (args: string[]) => Promise<string>;

function gitIn(place: string): Git {
	// No hooks, no programs named by an address, no questions on the terminal.
	const safe = ['-c', 'core.hooksPath=/dev/null', '-c', 'protocol.ext.allow=never', '-c', 'credential.interactive=false'];
	return async (args) => {
		const done = await execa('git', [...safe, ...args], {
			cwd: place,
			timeout: FETCH_MS,
			reject: false,
			stripFinalNewline: false,
			maxBuffer: 8 * 2 ** 20,
			env: { GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file', LC_ALL: 'C' },
		});
		if (!done.failed) return done.stdout;
		const missing = done.code === 'ENOENT' ? 'git is not installed here' : '';
		const words =
			missing || (done.timedOut ? `no answer within ${FETCH_MS / 1000} s` : lastLine(done.stderr) || done.shortMessage);
		throw new CoveyError('CATALOG_UNREACHABLE', `The repository could not be fetched: ${words}.`, { cause: done });
	};
}

/** Modes and sizes are looked at before a byte of a file is read; links and submodules have modes of their own. */
async function filesOf(git: Git, folder: string, url: string): Promise<{ name: string; hash: string }[]> {
	if (!/^[A-Za-z0-9._/-]*$/.test(folder) || folder.split('/').includes('..') || folder.startsWith('/'))
		throw new CoveyError('USAGE', `--folder ${folder} must be a folder inside the repository.`);
	const wanted = folder !== '' ? [folder] : ['apps', ''];
	for (const path of wanted) {
		const tree = path === '' ? 'HEAD:' : `HEAD:${path}`;
		const listing = await git(['ls-tree', '-z', '-l', tree]).catch((error: unknown) => {
			if (folder !== '') throw unusable(url, `it has no folder ${folder}`);
			if (path === '') throw error;
			return '';
		});
		const files = listing.split('\0').flatMap((line) => parseTreeLine(line, url));
		if (files.length > MAX_FILES) throw unusable(url, `it has ${files.length} files, and ${MAX_FILES} is the limit`);
		if (files.length > 0) return files;
	}
	return [];
}

/** `100644 blob 3b18e5…    1234\tnotes.yaml` */
function parseTreeLine(line: string, url: string): { name: string; hash: string }[] {
	const [, mode, hash = '', size, name = ''] = /^(\d+) \w+ ([0-9a-f]+) +(-|\d+)\t(.*)$/s.exec(line) ?? [];
	if (!APP_FILE.test(name)) return [];
	if (mode !== '100644' && mode !== '100755') throw unusable(`${url} ${name}`, 'it is a link or no file; only files are read');
	if (size === '-' || Number(size) > MAX_FILE_BYTES) throw tooLarge(name);
	return [{ name, hash }];
}

/** What is kept and shown to everybody. */
const withoutPassword = (url: string): string => url.replace(/^(\w+:\/\/)[^/@]*@/, '$1');

const lastLine = (text: string): string =>
	(
		text
			.trim()
			.split('\n')
			.findLast((line) => /fatal|error/i.test(line)) ?? ''
	)
		.replace(/^(fatal|error): /i, '')
		.replace(/\.$/, '');

const unusable = (what: string, why: string): CoveyError => new CoveyError('BAD_CATALOG', `${what} cannot be taken: ${why}.`);
const tooLarge = (what: string): CoveyError => unusable(what, `it is larger than ${MAX_FILE_BYTES / 1024} KiB`);
