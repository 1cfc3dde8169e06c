// The passwords of a host's own nats-server, made once and kept in a file only its user can read.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { ServerSecrets } from './config.ts';

const Shape = z.object({ sys: z.string().min(16), open: z.string().min(16) });

/** Reads `file`, or writes it with mode 0600. Rejects with DATA_DIR_UNUSABLE. */
export async function serverSecrets(file: string): Promise<ServerSecrets> {
	const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') return null;
		throw new CoveyError('DATA_DIR_UNUSABLE', `Cannot read ${file}: ${error.message}`, { cause: error });
	});
	if (text !== null) return parse(file, text);
	const secrets = { sys: randomBytes(24).toString('hex'), open: randomBytes(24).toString('hex') };
	await writePrivate(file, JSON.stringify(secrets));
	return secrets;
}

/** Writes the whole file or nothing, with mode 0600. */
export async function writePrivate(file: string, text: string): Promise<void> {
	try {
		await mkdir(dirname(file), { recursive: true, mode: 0o700 });
		const temporary = `${file}.new`;
		const handle = await open(temporary, 'w', 0o600);
		await handle.writeFile(text);
		await handle.sync();
		await handle.close();
		await rename(temporary, file);
	} catch (error) {
		throw new CoveyError('DATA_DIR_UNUSABLE', `Cannot write ${file}: ${(error as Error).message}`, { cause: error });
	}
}

function parse(file: string, text: string): ServerSecrets {
	try {
		return Shape.parse(JSON.parse(text));
	} catch (error) {
		throw new CoveyError(
			'DATA_DIR_UNUSABLE',
			`${file} does not hold the passwords of the nats-server; remove it to have new ones made.`,
			{ cause: error },
		);
	}
}
