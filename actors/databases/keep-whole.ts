// A file that is either whole and on the disk, or not there.
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../runtime/disk/durable.ts';

/** `write` fills the temporary file it is given. */
export async function keepWhole(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
	const temporary = `${file}.new`;
	await rm(temporary, { force: true });
	// Nobody else may read what is in it, not even while it is written.
	await writeFile(temporary, '', { mode: 0o600 });
	await write(temporary);
	const handle = await open(temporary, 'r+');
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
	await rename(temporary, file);
	syncFolder(dirname(file));
}
