// One life of a host's process, and the last words of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const COVEY = fileURLToPath(new URL('../../covey.ts', import.meta.url));
const READY_LIMIT_MS = 120_000;

export interface Life {
	child: ChildProcess;
	/** Rejects when it ends before. */
	ready: Promise<void>;
}

/** `within`: command line that runs what follows it on the host. */
export function startHost(within: string[], data: string, env: NodeJS.ProcessEnv): Life {
	const [program = '', ...args] = [...within, process.execPath, COVEY, 'up', '--data', data, '--json'];
	const errors = openSync(`${data}.err`, 'a');
	const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', errors] });
	const ready = new Promise<void>((resolve, reject) => {
		const late = setTimeout(() => reject(new Error(`${data} is not ready after ${READY_LIMIT_MS / 1000} s`)), READY_LIMIT_MS);
		child.once('exit', (code, signal) => {
			clearTimeout(late);
			reject(new Error(`${data} ended with ${signal ?? code}: ${tail(`${data}.err`)}`));
		});
		createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
			const told = JSON.parse(line) as { ready?: boolean; error?: { message: string } };
			clearTimeout(late);
			if (told.ready) resolve();
			else if (told.error) reject(new Error(`${data}: ${told.error.message}`));
		});
	});
	// Later lives are waited for by what the cluster says, not by this line.
	ready.catch(() => undefined);
	return { child, ready };
}

/** The last lines of a file. */
export function tail(file: string): string {
	try {
		return readFileSync(file, 'utf8')
			.trim()
			.split('\n')
			.slice(-14)
			.map((line) => line.slice(0, 400))
			.join('\n');
	} catch {
		return '(nothing)';
	}
}
