import { join } from 'node:path';
import { cacheDirectory, isExecutable } from './paths.mjs';
import { NODE_MINIMUM, PRIVATE_NODE } from './pins.mjs';
import { isAtLeast } from './version.mjs';

/** The Node that runs Covey: this one where it is new enough, else the private one if it is there, else null. */
export function findNode({ env = process.env, current = process.versions.node, execPath = process.execPath } = {}) {
	if (isAtLeast(current, NODE_MINIMUM)) return execPath;
	const own = privateNode(env);
	return isExecutable(own) ? own : null;
}

export function privateNode(env = process.env) {
	return join(cacheDirectory(env), `node-${PRIVATE_NODE}`, 'bin', 'node');
}
