#!/usr/bin/env node
// The `covey` command: runs covey.ts with the Node and the nats-server that the set-up found. On a new enough Node
// that is this very process; on an older one a child on the private Node.
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { findNode } from './runtime/setup/find-node.mjs';
import { environmentFor, runInForeground } from './runtime/setup/foreground.mjs';
import { lastFound } from './runtime/setup/found.mjs';

const program = fileURLToPath(new URL('./covey.ts', import.meta.url));
// Stripped and compiled once: later starts take half the time and memory.
const compiled = fileURLToPath(new URL('./node_modules/.cache/covey', import.meta.url));
const found = lastFound();
const node = findNode();

if (!found || !node) {
	process.stderr.write('Covey is not set up in this folder yet. Run `npm start` here once; it fetches what is missing.\n');
	process.exitCode = 1;
} else if (node === process.execPath) {
	process.env.COVEY_NATS_SERVER ||= found.natsServer;
	module.enableCompileCache?.(compiled);
	process.argv[1] = program;
	await import('./covey.ts');
} else {
	const env = { ...environmentFor({ node, natsServer: found.natsServer }), NODE_COMPILE_CACHE: compiled };
	process.exitCode = await runInForeground(node, [program, ...process.argv.slice(2)], { env });
}
