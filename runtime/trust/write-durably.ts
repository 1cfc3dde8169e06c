// A file that is either the old one or the new one, whole, whatever happens to the machine meanwhile.
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Temporary file, fsync, rename, fsync of the folder. Throws what the file system throws (ENOSPC, EACCES, …) and leaves the old file. */
export function writeFileDurably(path: string, content: string | Uint8Array, mode = 0o600): void {
	const temporary = `${path}.${process.pid}.tmp`;
	const bytes = typeof content === 'string' ? Buffer.from(content) : content;
	try {
		const file = openSync(temporary, 'w', mode);
		try {
			for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
		renameSync(temporary, path);
	} catch (thrown) {
		rmSync(temporary, { force: true });
		throw thrown;
	}
	syncFolder(dirname(path));
}

/** The same for everything below a folder that others have written. */
export function syncTree(path: string): void {
	for (const entry of readdirSync(path, { withFileTypes: true })) {
		if (entry.isDirectory()) syncTree(join(path, entry.name));
		else if (entry.isFile()) syncFolder(join(path, entry.name));
	}
	syncFolder(path);
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
