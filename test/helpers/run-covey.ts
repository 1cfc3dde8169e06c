// The covey command as a script runs it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const COVEY = fileURLToPath(new URL('../../covey.ts', import.meta.url));

export interface CliResult {
	code: number;
	/** Of `--json`: the data, or `{ok: false, error}`. */
	// biome-ignore lint/suspicious/noExplicitAny: each test knows the shape of the answer it asked for
	data: any;
	stderr: string;
}

export function runCovey(args: string[], env: NodeJS.ProcessEnv): Promise<CliResult> {
	return new Promise((resolve) => {
		execFile(process.execPath, [COVEY, ...args], { env, maxBuffer: 16 * 1024 ** 2 }, (error, stdout, stderr) => {
			resolve({ code: error ? Number(error.code) : 0, data: jsonOf(stdout), stderr });
		});
	});
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return { unreadable: text };
	}
}
