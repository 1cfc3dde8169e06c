// The repository's own rules, held by tests: who may import whom, how large and how named files are, and that the
// documents tell the truth about paths and error codes.
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERRORS } from '../runtime/engine/errors.ts';
import { findCycles } from './helpers/cycles.ts';
import { allFiles, importsOf, lineCount, projectRoot, read, roomOf, sourceFiles, textFiles } from './helpers/source-tree.ts';

const WALL = 400;
const THINK_AGAIN = 250;
const MEDIAN = 100;

// Room -> the other rooms it may import from. Tests, the root's files and benches may import anything.
const doors: Record<string, readonly string[]> = {
	'runtime/engine': [],
	'runtime/disk': [],
	'runtime/setup': [],
	catalog: ['runtime/engine'],
	nats: ['runtime/engine', 'runtime/disk'],
	'runtime/trust': ['runtime/engine', 'runtime/disk'],
	machines: ['runtime/engine', 'catalog'],
	actors: ['runtime/engine', 'runtime/disk', 'catalog', 'machines'],
	'runtime/host': ['runtime/engine', 'runtime/disk', 'runtime/trust', 'catalog', 'machines', 'actors'],
	'runtime/api': ['runtime/engine', 'runtime/trust', 'runtime/host', 'catalog', 'machines', 'actors'],
	'runtime/cli': ['runtime/engine', 'runtime/trust', 'runtime/host', 'runtime/api', 'catalog', 'machines', 'actors'],
	'runtime/boot': [
		'runtime/engine',
		'runtime/disk',
		'runtime/trust',
		'runtime/host',
		'runtime/api',
		'runtime/cli',
		'catalog',
		'machines',
		'actors',
		'nats',
	],
	ui: ['runtime/engine', 'runtime/api', 'machines'],
};
const unbounded = ['.', 'test'];

describe('imports', () => {
	test('every room is in the table of doors', () => {
		const rooms = new Set(sourceFiles().map(roomOf));
		expect([...rooms].filter((room) => !(room in doors) && !unbounded.includes(room))).toEqual([]);
	});

	test('a room imports only from the rooms its door leads to', () => {
		expect(sourceFiles().flatMap(forbiddenImports)).toEqual([]);
	});

	test('the page sees contracts and views, never a machine', () => {
		const insides = sourceFiles()
			.filter((file) => roomOf(file) === 'ui')
			.flatMap((file) => importsOf(file).map((target) => ({ file, target })))
			.filter(({ target }) => roomOf(target) === 'machines' && !/\/(contract|view)\.ts$/.test(target));
		expect(insides).toEqual([]);
	});

	test('no file imports itself through others', () => {
		const graph = new Map(sourceFiles().map((file) => [file, importsOf(file)]));
		expect(findCycles(graph).map((cycle) => cycle.join(' -> '))).toEqual([]);
	});
});

describe('memory', () => {
	test('nothing that a host does all the time uses fetch, whose client is in WebAssembly: 8 MB', () => {
		const idle = sourceFiles().filter((file) =>
			['nats', 'runtime/host', 'runtime/boot', 'actors/drivers'].some((room) => file.startsWith(room)),
		);
		expect(idle.filter((file) => /(?<![.\w])fetch\(/.test(read(file)))).toEqual([]);
	});
});

describe('files', () => {
	test(`none is longer than ${WALL} lines`, ({ annotate }) => {
		const long = sourceFiles().filter((file) => lineCount(file) > THINK_AGAIN);
		for (const file of long) void annotate(`${file} has ${lineCount(file)} lines: think again above ${THINK_AGAIN}`);
		expect(long.filter((file) => lineCount(file) > WALL)).toEqual([]);
	});

	test(`half of them are shorter than ${MEDIAN} lines`, () => {
		const sizes = sourceFiles()
			.map(lineCount)
			.sort((a, b) => a - b);
		expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(MEDIAN);
	});

	test('names are in kebab-case; components of the page may be in PascalCase', () => {
		const kebab = /^\.?[a-z0-9]+(?:[-.][a-z0-9]+)*$/;
		const component = /^[A-Z][A-Za-z0-9]*(\.test)?\.tsx$/;
		const known = /^(?:[A-Z]+\.md|LICENSE)$/;
		const bad = allFiles().filter((file) => {
			const name = basename(file);
			return !kebab.test(name) && !known.test(name) && !(file.startsWith('ui/') && component.test(name));
		});
		expect(bad).toEqual([]);
	});

	test('no file is called utils or types', () => {
		expect(allFiles().filter((file) => /(^|\/)(utils|types|helpers)\.(ts|tsx|mjs)$/.test(file))).toEqual([]);
	});

	test('none names a folder of one person or machine', () => {
		const elsewhere = /(?<![\w.)}])\/(?:root|work|workspace|tmp\/\w+|home\/\w+|Users\/\w+)\/\w/;
		expect(textFiles().filter((file) => elsewhere.test(read(file)))).toEqual([]);
	});
});

describe('documents', () => {
	test('every path they name exists', () => {
		const names = new Set(allFiles().map((file) => basename(file)));
		const missing = textFiles()
			.filter((file) => file.endsWith('.md'))
			.flatMap((file) => [...linkedPaths(file), ...quotedPaths(file, names)]);
		expect(missing).toEqual([]);
	});

	test('docs/errors.md explains every error code, and no other', () => {
		const sections = read('docs/errors.md').split(/^### /m).slice(1);
		const explained = sections.map((section) => section.split('\n', 1)[0]);
		expect(explained.toSorted()).toEqual(Object.keys(ERRORS).toSorted());
		const bare = sections
			.filter((section) => !/\n\*\*What to do\.\*\* .{20,}/.test(section))
			.map((section) => section.split('\n', 1)[0]);
		expect(bare).toEqual([]);
	});
});

function forbiddenImports(file: string): string[] {
	const room = roomOf(file);
	if (unbounded.includes(room)) return [];
	const allowed = doors[room] ?? [];
	return importsOf(file)
		.filter((target) => target !== 'package.json' && roomOf(target) !== room && !allowed.includes(roomOf(target)))
		.map((target) => `${file} imports ${target}`);
}

function linkedPaths(file: string): string[] {
	const targets = [...read(file).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
	const local = targets.filter((target) => !/^[a-z]+:/.test(target));
	return local.filter((target) => !existsSync(join(projectRoot, dirname(file), target))).map((target) => `${file}: ${target}`);
}

// `runtime/engine/step.ts` must be there; of a bare `step.ts` one file of that name must be. Patterns with <, *, { are no paths.
function quotedPaths(file: string, names: ReadonlySet<string>): string[] {
	const quoted = [...read(file).matchAll(/`([\w.-]+(?:\/[\w.-]+)*\/?)`/g)].map((match) => match[1] ?? '');
	const rooms = new Set([...Object.keys(doors).map((room) => room.split('/')[0] ?? ''), 'test', 'docs', 'nixos', '.ci']);
	const gone = quoted.filter((path) => {
		if (path.includes('/')) return rooms.has(path.split('/')[0] ?? '') && !existsSync(join(projectRoot, path));
		return /\w\.(ts|tsx|mjs|nix)$/.test(path) && !names.has(path);
	});
	return gone.map((path) => `${file}: ${path}`);
}
