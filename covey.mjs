#!/usr/bin/env node
// The `covey` command: runs covey.ts with the Node and the nats-server that the set-up found. On a new enough Node
// that is this very process; on an older one a child on the private Node.
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { findNode } from './runtime/setup/find-node.mjs';
import { environmentFor, runInForeground } from './runtime/setup/foreground.mjs';
import { lastFound } from './runtime/setup/found.mjs';
import { hostLaunch } from './runtime/setup/host-launch.mjs';
import { PRIVATE_NODE } from './runtime/setup/pins.mjs';

const program = fileURLToPath(new URL('./covey.ts', import.meta.url));
// Stripped and compiled once: later starts take half the time and memory.
const compiled = fileURLToPath(new URL('./node_modules/.cache/covey', import.meta.url));
const verbs = process.argv.slice(2);
const runsHost = verbs.includes('up') || verbs.includes('join');
const found = lastFound();
const node = findNode();

if (!found || !node) {
	process.stderr.write('Covey is not set up in this folder yet. Run `npm start` here once; it fetches what is missing.\n');
	process.exitCode = 1;
} else if (node === process.execPath) {
	process.env.COVEY_NATS_SERVER ||= found.natsServer;
	if (runsHost) becomeHost();
	module.enableCompileCache?.(compiled);
	process.argv[1] = program;
	await import('./covey.ts');
} else {
	const launch = runsHost ? hostLaunch(PRIVATE_NODE) : { args: [program], env: { NODE_COMPILE_CACHE: compiled } };
	const env = { ...environmentFor({ node, natsServer: found.natsServer }), ...launch.env };
	process.exitCode = await runInForeground(node, [...launch.args, ...verbs], { env });
}

/** Takes this process's place with the settings of a host, which count from the start of a process only. */
function becomeHost() {
	// Absent on Windows, and before Node 22.15; whoever talks to this process over a channel would lose it.
	if (!process.execve || process.channel) return;
	const { args, env } = hostLaunch();
	process.execve(node, [node, ...args, ...verbs], { ...process.env, ...env });
}
