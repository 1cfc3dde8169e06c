// Runs a client program of a database server: the password by its environment, what is to be done by its standard input.
import { tmpdir } from 'node:os';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { findProgram } from '../drivers/process/programs.ts';
import { runTool } from '../drivers/process/tool.ts';

export interface ClientRun {
	program: string;
	/** Where it is when it is not on PATH; `*` for versions. */
	folders: readonly string[];
	hint: string;
	args: string[];
	/** The password among them: it must not be an argument, which everybody on the machine can read. */
	env: Record<string, string>;
	input?: string;
	/** Read instead of `input`. */
	inputFile?: string;
	signal: AbortSignal;
	limitMs?: number;
}

const LIMIT_MS = 60_000;

/** The lines it printed. Rejects with MISSING_PROGRAM, EFFECT_FAILED with what it said, EFFECT_TIMEOUT or CANCELLED. */
export async function runClient(run: ClientRun): Promise<string[]> {
	const path = process.env['PATH'] ?? '';
	const found = await findProgram(run, path);
	const finished = await runTool([found.path, ...run.args], {
		cwd: tmpdir(),
		env: { PATH: path, LANG: 'C.UTF-8', ...run.env },
		signal: run.signal,
		limitMs: run.limitMs ?? LIMIT_MS,
		...(run.input === undefined ? {} : { input: run.input }),
		...(run.inputFile === undefined ? {} : { inputFile: run.inputFile }),
	});
	if (finished.status === 'done') return finished.lines;
	if (finished.status === 'cancelled') throw new CoveyError('CANCELLED', `${run.program} was cancelled.`);
	if (finished.status === 'timeout')
		throw new CoveyError('EFFECT_TIMEOUT', `${run.program} did not end in ${(run.limitMs ?? LIMIT_MS) / 1000} s.`);
	// Statements may follow in what a server says of an error; its first line says what is wrong.
	const said = finished.lines.find((line) => /error|fatal|denied|refused|not /i.test(line)) ?? finished.exit;
	throw new CoveyError('EFFECT_FAILED', `${run.program} failed: ${said}`);
}
