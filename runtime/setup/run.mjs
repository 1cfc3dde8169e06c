import { spawn } from 'node:child_process';
import { nameChild } from './lock.mjs';

const OUTPUT_KEPT = 64 * 1024;

/**
 * Runs a program to its end. Never rejects: `{ ok: true, output }` or `{ ok: false, reason, output }`.
 * `minutes` is the limit.
 */
export function run(file, args, { env = process.env, cwd, minutes = 10 } = {}) {
	return new Promise((resolve) => {
		const child = spawn(file, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
		let output = '';
		let timedOut = false;
		const keep = (chunk) => {
			output = (output + chunk).slice(-OUTPUT_KEPT);
		};
		child.stdout.setEncoding('utf8').on('data', keep);
		child.stderr.setEncoding('utf8').on('data', keep);
		const limit = setTimeout(() => {
			timedOut = true;
			child.kill('SIGKILL');
		}, minutes * 60_000);
		if (child.pid !== undefined) nameChild(child.pid);
		child.on('error', (error) => {
			clearTimeout(limit);
			resolve({ ok: false, reason: error.message, output });
		});
		child.on('close', (code, signal) => {
			clearTimeout(limit);
			if (code === 0) resolve({ ok: true, output });
			else
				resolve({
					ok: false,
					reason: timedOut ? `no end after ${minutes} minutes` : `ended with ${signal ?? `code ${code}`}`,
					output,
				});
		});
	});
}
