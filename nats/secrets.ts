// What a host shares with its own nats-server only, made once and kept in a file only its user can read.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createUser, fromSeed } from '@nats-io/nkeys';
import { z } from 'zod';
import { writeDurably } from '../runtime/disk/durable.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { OwnKey, ServerSecrets } from './server-access.ts';

const Seed = z.string().regex(/^SU[A-Z2-7]{56}$/);
const Shape = z.object({
	sys: z.string().min(16),
	open: z.string().min(16),
	// A file of an earlier version has none yet.
	sysSeed: Seed.optional(),
	growthSeed: Seed.optional(),
});

/** Reads `file`, or writes it with mode 0600. Rejects with DATA_DIR_UNUSABLE. */
export async function serverSecrets(file: string): Promise<ServerSecrets> {
	const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') return null;
		throw new CoveyError('DATA_DIR_UNUSABLE', `Cannot read ${file}: ${error.message}`, { cause: error });
	});
	const known = text === null ? null : parse(file, text);
	const all = {
		sys: known?.sys ?? randomBytes(24).toString('hex'),
		open: known?.open ?? randomBytes(24).toString('hex'),
		sysSeed: known?.sysSeed ?? newSeed(),
		growthSeed: known?.growthSeed ?? newSeed(),
	};
	if (!known?.sysSeed || !known.growthSeed) await writePrivate(file, JSON.stringify(all));
	return { sys: all.sys, open: all.open, sysKey: keyOf(all.sysSeed), growthKey: keyOf(all.growthSeed) };
}

const newSeed = (): string => new TextDecoder().decode(createUser().getSeed());

const keyOf = (seed: string): OwnKey => ({ seed, public: fromSeed(new TextEncoder().encode(seed)).getPublicKey() });

/** Writes the whole file or nothing, with mode 0600. */
export async function writePrivate(file: string, text: string): Promise<void> {
	try {
		await mkdir(dirname(file), { recursive: true, mode: 0o700 });
		writeDurably(file, text);
	} catch (error) {
		throw new CoveyError('DATA_DIR_UNUSABLE', `Cannot write ${file}: ${(error as Error).message}`, { cause: error });
	}
}

function parse(file: string, text: string): z.output<typeof Shape> {
	try {
		return Shape.parse(JSON.parse(text));
	} catch (error) {
		throw new CoveyError(
			'DATA_DIR_UNUSABLE',
			`${file} does not hold the secrets of the nats-server; remove it to have new ones made.`,
			{ cause: error },
		);
	}
}
