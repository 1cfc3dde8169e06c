import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';

/** The environment in which Covey and its tools run: the right Node first, and the nats-server that was found. */
export function environmentFor({ node, natsServer }) {
	const PATH = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`;
	return { ...process.env, PATH, COVEY_NATS_SERVER: process.env.COVEY_NATS_SERVER || natsServer };
}

/** Runs a program in this one's place: same terminal, signals passed on. Answers its exit code, 128 + n after signal n. */
export function runInForeground(file, args, options) {
	return new Promise((resolve, reject) => {
		const child = spawn(file, args, { ...options, stdio: 'inherit' });
		for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.on(signal, () => passOn(child, signal));
		child.on('error', reject);
		child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
	});
}

// Ctrl-C at a terminal reaches the child by itself: a second one would mean "at once".
function passOn(child, signal) {
	if (signal === 'SIGINT' && process.stdin.isTTY) return;
	child.kill(signal);
}
