import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostLaunch, witnessLaunch } from '../../runtime/setup/host-launch.mjs';
import { projectRoot } from '../helpers/source-tree.ts';

// Beside the project's modules, which the built host still needs.
const folder = mkdtempSync(join(projectRoot, 'node_modules', '.built-host-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => {
	execFileSync(process.execPath, [join(projectRoot, 'runtime', 'setup', 'bundle-host.mjs'), folder]);
}, 60_000);

test('the built host is the program, with its worker beside it', () => {
	const shown = execFileSync(process.execPath, [join(folder, 'covey.mjs'), 'version'], { encoding: 'utf8' });
	expect(shown).toMatch(/^\d+\.\d+\.\d+\n$/);
	expect(partsWith('./heartbeat-worker.mjs')).not.toEqual([]);
	expect(readdirSync(folder)).toContain('heartbeat-worker.mjs');
});

test('it is written in ASCII: V8 keeps any other text in twice the memory', () => {
	for (const file of readdirSync(folder)) expect(/[^\0-\x7f]/.test(readFileSync(join(folder, file), 'latin1'))).toBe(false);
});

test('it finds the files that stay beside the sources', () => {
	expect(partsWith(`file://${projectRoot}/catalog/load.ts`)).not.toEqual([]);
});

test('a witness has a program of its own, without what belongs to apps, actors and the command line', () => {
	const program = readFileSync(join(folder, 'witness.mjs'), 'latin1');
	const foreign = ['fastify', 'commander', 'xstate.init', 'pino', 'systeminformation/', 'install@1', 'heartbeat-worker.mjs'];
	expect(foreign.filter((word) => program.includes(word))).toEqual([]);
	expect(execFileSync(process.execPath, [...witnessLaunch().args.slice(0, -1), '-p', '1'], { encoding: 'utf8' })).toBe('1\n');
});

const partsWith = (text: string): string[] =>
	readdirSync(folder).filter((file) => readFileSync(join(folder, file), 'latin1').includes(text));

test('a Node whose flags are not known gets only those that every Node has', () => {
	expect(hostLaunch('22.18.0').args).not.toContain('--no-maglev');
	expect(hostLaunch('24.0.0').args).toContain('--no-maglev');
	expect(execFileSync(process.execPath, [...hostLaunch().args.slice(0, -1), '-p', '1'], { encoding: 'utf8' })).toBe('1\n');
});
