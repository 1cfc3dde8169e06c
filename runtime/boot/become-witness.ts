// Gives this process to the small program of a witness: what the command line and a joining needed is gone then.
import type { RunHost } from '../cli/client.ts';

/** How a Node runs the program of a witness: its arguments up to the program, and what is added to the environment. */
export interface Launch {
	args: string[];
	env: Record<string, string>;
}

/**
 * Does not return where a process can take another one's place: on Unix, unless somebody talks to it over a channel, which would be
 * lost. A lock of the data directory is given up with it.
 */
export function becomeWitness({ dataDir, json }: Pick<RunHost, 'dataDir' | 'json'>, { args, env }: Launch): void {
	if (!process.execve || process.channel) return;
	const words = ['up', '--data', dataDir, ...(json ? ['--json'] : [])];
	process.execve(process.execPath, [process.execPath, ...args, ...words], { ...process.env, ...env });
}
