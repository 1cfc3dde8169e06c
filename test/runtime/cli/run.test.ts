import { expect, test } from 'vitest';
import { CoveyError, type ErrorCode } from '../../../runtime/engine/errors.ts';
import { covey } from './fake-cluster.ts';

const refusing = (code: ErrorCode) => ({
	ask: async () => {
		throw new CoveyError(code, 'It did not work.');
	},
});

test.each<[ErrorCode, number]>([
	['USAGE', 2],
	['NO_SUITABLE_HOST', 3],
	['NOT_ENOUGH_MEMORY', 3],
	['NOT_ENOUGH_DISK', 3],
	['PORT_IN_USE', 3],
	['NAME_TAKEN', 3],
	['NOT_ALLOWED_NOW', 3],
	['NO_KEYS', 3],
	['PLAN_STALE', 3],
	['CHOICE_OPEN', 3],
	['REMOVAL_BLOCKED', 3],
	['MISSING_PROGRAM', 3],
	['NEVER_EMPTY', 3],
	['UNKNOWN_APP', 1],
	['UNKNOWN_HOST', 1],
	['UNKNOWN_ACTOR', 1],
	['INTERNAL', 1],
	['NO_ANSWER', 4],
	['HOST_UNREACHABLE', 4],
	['STORE_UNAVAILABLE', 4],
	['TIMEOUT', 4],
])('%s ends with exit code %i', async (code, exit) => {
	expect((await covey('apps', refusing(code))).exit).toBe(exit);
});

test('an error says what happened and what to do, on stderr', async () => {
	const { out, err } = await covey('apps', refusing('NO_ANSWER'));
	expect(out).toBe('');
	expect(err).toMatch(/^It did not work\.\nWhat to do: Is the host running\?/);
});

test('with --json an error is one object on stdout', async () => {
	const { out, err } = await covey('apps --json', refusing('NO_ANSWER'));
	expect(JSON.parse(out)).toMatchObject({ ok: false, error: { code: 'NO_ANSWER', message: 'It did not work.' } });
	expect(err).toBe('');
});

test('with --json the data of the answer is printed as it is', async () => {
	const answer = { apps: [] };
	expect(JSON.parse((await covey('apps --json', { ask: async () => answer })).out)).toEqual(answer);
});

test('an unknown verb is a usage error that names the nearest', async () => {
	const { exit, err } = await covey('instal node-red');
	expect(exit).toBe(2);
	expect(err).toContain('install');
});

test('a missing word and an unknown option are usage errors', async () => {
	expect((await covey('install')).exit).toBe(2);
	expect((await covey('apps --sideways')).exit).toBe(2);
});

test.each(
	'demo up hosts apps catalog plan place weights advice ports trash install remove start stop restart logs cancel retry actors show timeline replay doctor completion'.split(
		' ',
	),
)('covey %s --help has an example', async (verb) => {
	const { exit, out } = await covey(`${verb} --help`);
	expect(exit).toBe(0);
	expect(out).toContain(`Example:\n  covey ${verb}`);
});

test.each(['bash', 'zsh', 'fish'])('completion for %s offers the verbs', async (shell) => {
	const { exit, out } = await covey(`completion ${shell}`);
	expect(exit).toBe(0);
	expect(out).toContain('install');
});

test.each(['--data /there --json apps', 'apps --data /there --json'])(
	'options count on both sides of the verb: covey %s',
	async (words) => {
		const { out, dataDirs } = await covey(words, { ask: async () => ({ apps: [] }) });
		expect(JSON.parse(out)).toEqual({ apps: [] });
		expect(dataDirs).toEqual(['/there']);
	},
);

test('covey version prints the version', async () => {
	expect((await covey('version')).out).toBe('1.2.3\n');
});

test.each([
	['install', 'covey install'],
	['trash restore', 'covey trash restore'],
	['install node-red --port 99999', 'covey install'],
	['install node-red --port web=abc', 'covey install'],
	['update node-red --to latest', 'covey update'],
	['apps extra', 'covey apps'],
	['instal', 'covey'],
])('wrong words are answered with the help that is meant: covey %s', async (words, verb) => {
	const { exit, err } = await covey(words);
	expect(exit).toBe(2);
	expect(err).toContain(`See ${verb} --help.`);
});
