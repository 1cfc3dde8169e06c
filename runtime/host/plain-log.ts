// The log of a host that must stay small: the same lines as log.ts writes, without the 3 MB of its library.
import type { HostLog } from './log.ts';
import { appendLine } from './log-file.ts';

const SECRET_KEYS = new Set(['password', 'secret', 'token', 'seed', 'privateKey', 'authorization']);

export function openPlainLog(file: string, host: string): HostLog {
	const write = (level: number) => (fields: object, words?: string) => {
		const line = { level, time: new Date().toISOString(), host, ...fields, ...(words === undefined ? {} : { msg: words }) };
		appendLine(file, `${JSON.stringify(line, (key, value: unknown) => (SECRET_KEYS.has(key) ? '(hidden)' : value))}\n`);
	};
	return { info: write(30), warn: write(40), error: write(50) };
}
