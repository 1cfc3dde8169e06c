// Runs a command to its end: its own process group, its lines as they come, ended as a whole on abort.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';

export type Finished =
	| { status: 'done'; lines: string[] }
	/** `exit`: "exit code 1", "signal SIGKILL" or why it could not start. */
	| { status: 'failed'; exit: string; lines: string[] }
	| { status: 'timeout'; lines: string[] }
	| { status: 'cancelled'; lines: string[] };

export interface ToolOptions {
	cwd: string;
	env: Record<string, string>;
	signal: AbortSignal;
	limitMs: number;
	line?(line: string): void;
	/** Written to its standard input. */
	input?: string;
	/** Read as its standard input instead. */
	inputFile?: string;
	/** As another user; only root may ask for that. */
	user?: { uid: number; gid: number } | null;
}

const KEPT_LINES = 400;
const KILL_AFTER_MS = 3_000;

export function runTool(argv: string[], options: ToolOptions): Promise<Finished> {
	const lines: string[] = [];
	if (options.signal.aborted) return Promise.resolve({ status: 'cancelled', lines });
	const [command = '', ...args] = argv;
	const { cwd, env, user, input, inputFile } = options;
	const file = inputFile === undefined ? null : openSync(inputFile, 'r');
	const child = spawn(command, args, {
		cwd,
		env,
		...(user ?? {}),
		detached: true,
		stdio: [file ?? (input === undefined ? 'ignore' : 'pipe'), 'pipe', 'pipe'],
	});
	if (file !== null) closeSync(file);
	// It may end without having read everything: its exit says how that went.
	child.stdin?.on('error', () => undefined).end(input);
	let verdict: 'timeout' | 'cancelled' | null = null;
	let kill: NodeJS.Timeout | undefined;
	const end = (reason: 'timeout' | 'cancelled') => {
		verdict ??= reason;
		signalGroup(child.pid, 'SIGTERM');
		kill ??= setTimeout(() => signalGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS);
	};
	const onAbort = () => end('cancelled');
	options.signal.addEventListener('abort', onAbort, { once: true });
	const limit = setTimeout(() => end('timeout'), options.limitMs);
	for (const stream of [child.stdout, child.stderr].filter((one) => one !== null)) {
		createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
			lines.push(line);
			if (lines.length > KEPT_LINES) lines.shift();
			options.line?.(line);
		});
	}
	return new Promise((resolve) => {
		let startFailure: string | null = null;
		child.once('error', (error) => {
			startFailure = error.message;
		});
		child.once('close', (code, signal) => {
			clearTimeout(limit);
			clearTimeout(kill);
			options.signal.removeEventListener('abort', onAbort);
			if (verdict !== null) return resolve({ status: verdict, lines });
			if (code === 0) return resolve({ status: 'done', lines });
			resolve({ status: 'failed', exit: startFailure ?? (signal === null ? `exit code ${code}` : `signal ${signal}`), lines });
		});
	});
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, signal);
	} catch {
		// the group is gone already, which is what was wanted
	}
}
