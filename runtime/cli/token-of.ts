// The token of `covey join`: a word of the command line, which everybody on the machine can read, or a line of standard input.
import { createInterface } from 'node:readline';
import { CoveyError } from '../engine/errors.ts';
import type { CliParts } from './session.ts';

const LONGEST_WAIT_MS = 10 * 60_000;

/** Rejects with USAGE when nothing comes. */
export async function tokenOf(word: string, { stdin, stderr }: Pick<CliParts, 'stdin' | 'stderr'>): Promise<string> {
	if (word !== '-') return word;
	if (stdin.isTTY) stderr.write('Paste the token and press Enter: ');
	const line = await firstLine(stdin);
	if (line) return line;
	throw new CoveyError('USAGE', 'No token came on standard input: paste it and press Enter, or use `covey join - < FILE`.');
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
