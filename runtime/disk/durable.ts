// Files that survive a power cut and a full disk: content first, then the name, then the folder.
import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { z } from 'zod';

/**
 * Replaces `path` at once: a reader sees the old or the new content, whole. Throws what the file system throws (ENOSPC, EACCES, …) and
 * leaves the old file.
 */
export function writeDurably(path: string, content: string | Uint8Array, mode = 0o600): void {
	const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
	const bytes = typeof content === 'string' ? Buffer.from(content) : content;
	try {
		const file = openSync(temporary, 'wx', mode);
		try {
			// A disk that fills up takes a part and calls it success.
			for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
		renameSync(temporary, path);
	} catch (error) {
		rmSync(temporary, { force: true });
		throw error;
	}
	syncFolder(dirname(path));
}

export const writeJson = (path: string, value: unknown, mode = 0o640): void =>
	writeDurably(path, `${JSON.stringify(value, null, '\t')}\n`, mode);

/** Points the symlink at `target` by one rename. */
export function switchLink(link: string, target: string): void {
	const temporary = `${link}.${randomUUID().slice(0, 8)}.tmp`;
	symlinkSync(relative(dirname(link), target), temporary);
	try {
		renameSync(temporary, link);
	} catch (error) {
		rmSync(temporary, { force: true });
		throw error;
	}
	syncFolder(dirname(link));
}

/** Makes a creation, rename or removal inside the folder last. */
export function syncFolder(path: string): void {
	const folder = openSync(path, 'r');
	try {
		fsyncSync(folder);
	} finally {
		closeSync(folder);
	}
}

/** The same for everything below a folder that others have written. */
export function syncTree(path: string): void {
	for (const entry of readdirSync(path, { withFileTypes: true })) {
		if (entry.isDirectory()) syncTree(join(path, entry.name));
		else if (entry.isFile()) syncFolder(join(path, entry.name));
	}
	syncFolder(path);
}

/** The parsed file; null when it is absent. Throws when it is there and not as the schema says. */
export function readJson<T>(path: string, schema: z.ZodType<T>): T | null {
	const text = readText(path);
	return text === null ? null : schema.parse(JSON.parse(text));
}

export function readText(path: string): string | null {
	try {
		return readFileSync(path, 'utf8');
	} catch (error) {
		if (isMissing(error)) return null;
		throw error;
	}
}

/** What is in the folder; nothing where there is no such folder. Throws when it is there and cannot be read. */
export function namesIn(path: string): string[] {
	try {
		return readdirSync(path);
	} catch (error) {
		if (isMissing(error)) return [];
		throw error;
	}
}

export const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT', 'ENOTDIR');

export function hasCode(error: unknown, ...codes: string[]): boolean {
	return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}
