// One run of the command: where it writes, how wide, in colour or not, and the connection it opens when it needs one.
import { CoveyError } from '../engine/errors.ts';
import type { Client, OpenClient, Runners } from './client.ts';
import { moment } from './format/units.ts';

export interface Output {
	write(text: string): unknown;
	columns?: number;
	isTTY?: boolean;
}

export interface CliParts {
	openClient: OpenClient;
	runners: Runners;
	version: string;
	defaultDataDir: string;
	stdout: Output;
	stderr: Output;
	/** What a person types or a script pipes in. */
	stdin: NodeJS.ReadableStream & { isTTY?: boolean };
	env: Record<string, string | undefined>;
}

export interface Paint {
	green(text: string): string;
	red(text: string): string;
	yellow(text: string): string;
	dim(text: string): string;
	bold(text: string): string;
}

/** Options that every verb takes. */
export interface Common {
	data?: string;
	json?: boolean;
	color?: boolean;
	timeout?: string;
}

export interface Session {
	parts: CliParts;
	dataDir: string;
	json: boolean;
	/** Columns of the terminal; wide in a pipe, so that nothing is cut for a script. */
	width: number;
	live: boolean;
	paint: Paint;
	/** Longest wait of `--wait`, ms. */
	limitMs: number;
	print(text: string): void;
	/** The data for `--json`, else the words. */
	show(data: unknown, words: () => string): void;
	withClient<T>(work: (client: Client) => Promise<T>): Promise<T>;
}

const DEFAULT_LIMIT_MS = 3_600_000;
const PIPE_WIDTH = 200;

export function openSession(parts: CliParts, common: Common): Session {
	const { stdout, stderr, env } = parts;
	const live = stdout.isTTY === true;
	const colour = live && common.color !== false && !env.NO_COLOR;
	const json = common.json === true;
	const print = (text: string) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`);
	return {
		parts,
		dataDir: common.data ?? env.COVEY_DATA ?? parts.defaultDataDir,
		json,
		width: live ? (stdout.columns ?? 80) : PIPE_WIDTH,
		live: live && !json,
		paint: colour ? COLOURED : PLAIN,
		limitMs: limitOf(common.timeout),
		print,
		show: (data, words) => print(json ? JSON.stringify(data, null, 2) : words()),
		async withClient(work) {
			const client = await parts.openClient(common.data ?? env.COVEY_DATA ?? parts.defaultDataDir);
			try {
				const result = await work(client);
				const stale = client.staleSince?.() ?? null;
				if (stale !== null)
					stderr.write(`No majority of the voting hosts can be reached: this is as it was known ${moment(stale)}.\n`);
				return result;
			} finally {
				await client.close();
			}
		},
	};
}

function limitOf(seconds: string | undefined): number {
	if (seconds === undefined) return DEFAULT_LIMIT_MS;
	const value = Number(seconds);
	if (Number.isFinite(value) && value > 0) return value * 1000;
	throw new CoveyError('USAGE', `--timeout takes seconds, not "${seconds}".`);
}

const code = (number: number) => (text: string) => `\u001b[${number}m${text}\u001b[0m`;
const COLOURED: Paint = { green: code(32), red: code(31), yellow: code(33), dim: code(2), bold: code(1) };
const same = (text: string) => text;
const PLAIN: Paint = { green: same, red: same, yellow: same, dim: same, bold: same };
