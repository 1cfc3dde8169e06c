#!/usr/bin/env node
// What `npm start`, `npm test` and their siblings run. Plain JavaScript without dependencies, for Node 18 and newer.
import { join } from 'node:path';
import { ensure } from './runtime/setup/ensure.mjs';
import { SetupFailure } from './runtime/setup/failure.mjs';
import { environmentFor, runInForeground } from './runtime/setup/foreground.mjs';
import { projectRoot } from './runtime/setup/paths.mjs';
import { beQuiet } from './runtime/setup/say.mjs';
import { runTests } from './runtime/setup/test-lanes.mjs';
import { ensureTestTools } from './runtime/setup/test-tools.mjs';

const commands = {
	start: (args) => [['covey.ts', 'demo', '--hosts', '3', ...args]],
	test: (args) => [[tool('vitest/vitest.mjs'), 'run', ...args]],
	bench: (args) => [['test/bench/run.ts', ...args]],
	sim: (args) => [['test/sim/run.ts', ...args]],
	net: (args) => [['test/net/run.ts', ...args]],
	docs: () => [['test/docs/write-docs.ts'], [tool('@biomejs/biome/bin/biome'), 'format', '--write', 'docs/catalog.schema.json']],
	check: (args) => [
		[tool('@biomejs/biome/bin/biome'), 'check', ...args],
		[tool('typescript/bin/tsc'), '--noEmit', '-p', '.'],
	],
	ensure: () => [],
};

try {
	process.exitCode = await main(process.argv[2] ?? 'ensure', process.argv.slice(3));
} catch (error) {
	if (!(error instanceof SetupFailure)) throw error;
	process.stderr.write(`\n${error.message}\n`);
	process.exitCode = 1;
}

async function main(name, args) {
	if (!Object.hasOwn(commands, name)) {
		process.stderr.write(`Unknown: ${name}. Use one of ${Object.keys(commands).join(', ')}.\n`);
		return 2;
	}
	if (args.includes('--quiet')) beQuiet();
	const found = await ensure();
	if (name === 'test') await ensureTestTools();
	if (name === 'test' && args.length === 0)
		return runTests(found.node, tool('vitest/vitest.mjs'), { cwd: projectRoot, env: environmentFor(found) });
	if (name === 'ensure') process.stdout.write(`${JSON.stringify(found, null, '\t')}\n`);
	for (const line of commands[name](args.filter((arg) => arg !== '--quiet'))) {
		const code = await runInForeground(found.node, line, { cwd: projectRoot, env: environmentFor(found) });
		if (code !== 0) return code;
	}
	return 0;
}

function tool(path) {
	return join('node_modules', ...path.split('/'));
}
