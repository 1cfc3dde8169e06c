import { expect, test } from 'vitest';
import { catalogOf, loadCatalog, type Problem } from '../../catalog/load.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';

const GOOD = `schema: 1
name: notes
title: Notes
summary: Keeps notes.
category: notes
license: MIT
resources:
  memory: { min: 96M }
  disk: { min: 1.5G }
ports:
  - { name: web, default: 8080, web: / }
health:
  check: { type: http, port: web, path: / }
  startPeriod: 2m
process:
  type: npm
  package: '@some/notes'
  version: 1.2.3
  command: ['\${node}']
`;

function problemsOf(...files: [file: string, text: string][]): Problem[] {
	try {
		catalogOf(files.map(([file, text]) => ({ file, text })));
	} catch (error) {
		if (error instanceof CoveyError && error.code === 'BAD_CATALOG') return error.details?.['problems'] as Problem[];
		throw error;
	}
	return [];
}

test('the catalog that comes with Covey is right and sorted', () => {
	const names = loadCatalog()
		.all()
		.map(({ name }) => name);
	expect(names).toEqual(names.toSorted());
	expect(names.length).toBeGreaterThan(35);
	expect(loadCatalog().get('nothing')).toBeUndefined();
});

test('sizes become bytes, durations milliseconds, and what is left out gets its default', () => {
	const entry = catalogOf([{ file: 'notes.yaml', text: GOOD }]).get('notes');
	expect(entry).toMatchObject({
		resources: { memory: { min: 96 * 2 ** 20 }, disk: { min: 1.5 * 2 ** 30 }, cores: 1 },
		health: { startPeriod: 120_000, interval: 10_000, retries: 3 },
		ports: [{ protocol: 'tcp' }],
		volumes: [],
		stopTimeout: 10_000,
	});
});

test.each([
	['a wrong size', 'min: 96M', 'min: lots', 'resources.memory.min', 8, /size like 256M/],
	['a range instead of a version', 'version: 1.2.3', 'version: ^1.2.3', 'process.version', 18, /exact version/],
	['a path instead of a version', 'version: 1.2.3', 'version: file:/etc', 'process.version', 18, /exact version/],
	['an unknown field', 'category: notes', 'category: notes\ncolour: red', 'colour', 6, /not a known field/],
	['a missing field', 'license: MIT\n', '', 'license', 1, /is missing; must be text/],
	['a port that does not exist', 'port: web, path', 'port: www, path', 'health.check.port', 13, /no port called "www"/],
	['a port out of range', '8080', '80800', 'ports.0.default', 11, /65535/],
	['a bad name', 'name: notes', 'name: Notes!', 'name', 2, /a-z/],
	['an entry that is not called like its file', 'name: notes', 'name: other', 'name', 2, /file's name/],
])('%s is shown with its file, line and field', (_what, from, to, field, line, message) => {
	const [problem, ...more] = problemsOf(['notes.yaml', GOOD.replace(from, to)]);
	expect(more).toEqual([]);
	expect(problem).toMatchObject({ file: 'notes.yaml', line, field });
	expect(problem?.column).toBeGreaterThan(0);
	expect(problem?.message).toMatch(message);
});

test('what is wrong in several files is told at once, also broken YAML and a name that is there twice', () => {
	const problems = problemsOf(
		['notes.yaml', GOOD],
		['notes.yml', GOOD],
		['broken.yaml', 'schema: [1\nname: x'],
		['wrong.yaml', GOOD.replace('96M', '1').replace('2m', 'soon').replace('name: notes', 'name: wrong')],
		['empty.yaml', ''],
	);
	expect(problems.map(({ file, line }) => `${file}:${line}`)).toEqual(
		expect.arrayContaining(['notes.yml:2', 'wrong.yaml:8', 'wrong.yaml:14', 'empty.yaml:1']),
	);
	expect(problems.filter(({ file }) => file === 'broken.yaml').length).toBeGreaterThan(0);
	expect(problems.find(({ file }) => file === 'notes.yml')?.message).toContain('notes.yaml');
});

test('a volume file or folder cannot lead out of its volume', () => {
	const volumes = `volumes:\n  - name: data\n    folders: [../up, /abs, fine/in]\n`;
	expect(problemsOf(['notes.yaml', GOOD + volumes]).map(({ field }) => field)).toEqual([
		'volumes.0.folders.0',
		'volumes.0.folders.1',
	]);
});
