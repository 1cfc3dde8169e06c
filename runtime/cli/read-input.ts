// One line of standard input: what should not stand in a list of processes, or comes from another command.
import { createInterface } from 'node:readline';
import { CoveyError } from '../engine/errors.ts';
import type { CliParts } from './session.ts';

const LONGEST_WAIT_MS = 10 * 60_000;

/** The first line with anything on it. `what` is asked for where a person types. Rejects with USAGE when nothing comes. */
export async function readInput({ stdin, stderr }: Pick<CliParts, 'stdin' | 'stderr'>, what: string): Promise<string> {
	if (stdin.isTTY) stderr.write(`Paste ${what} and press Enter: `);
	const line = await firstLine(stdin);
	if (line) return line;
	throw new CoveyError('USAGE', `Nothing came on standard input: paste ${what} and press Enter, or use < FILE.`);
}

function firstLine(stdin: CliParts['stdin']): Promise<string | null> {
	const lines = createInterface({ input: stdin });
	return new Promise((resolve) => {
		const timer = setTimeout(() => lines.close(), LONGEST_WAIT_MS);
		lines.on('line', (line) => {
			if (line.trim() === '') return;
			resolve(line.trim());
			lines.close();
		});
		lines.once('close', () => {
			clearTimeout(timer);
			resolve(null);
		});
	});
}
