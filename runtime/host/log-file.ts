// A bounded file of log lines: the newest, and a few older ones beside it.
import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs';

const MAX_BYTES = 8 * 1024 ** 2;
const KEPT = 3;

let written = 0;

export function appendLine(file: string, line: string): void {
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
