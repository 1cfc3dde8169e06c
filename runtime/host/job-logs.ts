// Captured output of jobs: one bounded file per job, the latest jobs only.
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobLogs } from './job-contract.ts';

const MAX_FILE_BYTES = 256 * 1024;
const MAX_FILES = 200;
const MAX_LINE_LENGTH = 4_000;

export interface FileJobLogsOptions {
	maxFileBytes?: number;
	maxFiles?: number;
	/** Called once per failure streak: a log that cannot be written must not fail a job. */
	onFailure?(thrown: unknown): void;
}

/** Files `<folder>/<hash of the key>.log`. The oldest half of a full one is dropped, the oldest file of too many is removed. */
export function fileJobLogs(folder: string, options: FileJobLogsOptions = {}): JobLogs {
	const { maxFileBytes = MAX_FILE_BYTES, maxFiles = MAX_FILES, onFailure } = options;
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const sizes = new Map<string, number>();
	let failing = false;

	function append(key: string, line: string): void {
		const path = join(folder, fileName(key));
		const text = `${line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)}…` : line}\n`;
		try {
			const known = sizes.get(path) ?? openFile(path);
			let size = known + Buffer.byteLength(text);
			if (size > maxFileBytes) size = halve(path) + Buffer.byteLength(text);
			appendFileSync(path, text, { mode: 0o600 });
			sizes.set(path, size);
			failing = false;
		} catch (thrown) {
			if (!failing) onFailure?.(thrown);
			failing = true;
		}
	}

	function openFile(path: string): number {
		const size = sizeOf(path);
		if (size === 0) removeOldest();
		return size;
	}

	function halve(path: string): number {
		const kept = readFileSync(path).subarray(-Math.floor(maxFileBytes / 2));
		const text = `… earlier lines were dropped …\n${kept.subarray(kept.indexOf(0x0a) + 1).toString()}`;
		writeFileSync(path, text, { mode: 0o600 });
		return Buffer.byteLength(text);
	}

	function removeOldest(): void {
		const files = readdirSync(folder).filter((name) => name.endsWith('.log'));
		if (files.length < maxFiles) return;
		const byAge = files
			.map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }))
			.sort((a, b) => a.at - b.at);
		for (const { path } of byAge.slice(0, files.length - maxFiles + 1)) {
			rmSync(path, { force: true });
			sizes.delete(path);
		}
	}

	return {
		append,
		read(key, lines) {
			const path = join(folder, fileName(key));
			if (sizeOf(path) === 0 || lines <= 0) return [];
			return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines);
		},
	};
}

const fileName = (key: string) => `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.log`;

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
