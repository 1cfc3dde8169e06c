// The host's own log: JSON lines in a bounded file of its data directory. Secrets never reach it.
import pino from 'pino';
import { appendLine } from './log-file.ts';

export interface HostLog {
	info(fields: object, words?: string): void;
	warn(fields: object, words?: string): void;
	error(fields: object, words?: string): void;
}

const SECRET_KEYS = ['password', 'secret', 'token', 'seed', 'privateKey', 'authorization'];

export function openLog(file: string, host: string): HostLog {
	return pino(
		{
			base: { host },
			timestamp: pino.stdTimeFunctions.isoTime,
			redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '(hidden)' },
		},
		{ write: (line) => appendLine(file, line) },
	);
}
