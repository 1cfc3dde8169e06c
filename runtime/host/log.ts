// The host's own log: JSON lines in a bounded file of its data directory. Secrets never reach it.
import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs';
import pino from 'pino';

export interface HostLog {
	info(fields: object, words?: string): void;
	warn(fields: object, words?: string): void;
	error(fields: object, words?: string): void;
}

const MAX_BYTES = 8 * 1024 ** 2;
const KEPT = 3;
const SECRET_KEYS = ['password', 'secret', 'token', 'seed', 'privateKey', 'authorization'];

export function openLog(file: string, host: string): HostLog {
	return pino(
		{
			base: { host },
			timestamp: pino.stdTimeFunctions.isoTime,
			redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '(hidden)' },
		},
		{ write: (line) => append(file, line) },
	);
}

let written = 0;

function append(file: string, line: string): void {
	try {
		written += line.length;
		if (written > MAX_BYTES / 8) {
			written = 0;
			if (existsSync(file) && statSync(file).size > MAX_BYTES) rotate(file);
		}
		appendFileSync(file, line, { mode: 0o600 });
	} catch {
		// A full disk must not end the host over its log; `covey doctor` tells of the disk.
	}
}

function rotate(file: string): void {
	for (let number = KEPT - 1; number >= 1; number--)
		if (existsSync(`${file}.${number}`)) renameSync(`${file}.${number}`, `${file}.${number + 1}`);
	renameSync(file, `${file}.1`);
}
