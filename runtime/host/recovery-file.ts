// A recovery that cannot be taken back any more (`recovering.json`), and one that is done (`recovered.json`).
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { syncFolder, writeDurably } from '../disk/durable.ts';
import { CoveyError } from '../engine/errors.ts';
import { Name } from '../engine/record.ts';
import { ClusterSettings } from './cluster-settings.ts';

const Recovering = z.object({
	schema: z.literal(1),
	/** ms */
	at: z.number(),
	/** Name of the cluster that lost its majority. */
	from: z.string(),
	/** As this host will start. */
	settings: ClusterSettings,
	forgotten: z.array(Name),
});
export type Recovering = z.infer<typeof Recovering>;

const Recovered = z.object({
	schema: z.literal(1),
	at: z.number(),
	from: z.string(),
	cluster: z.string(),
	forgotten: z.array(Name),
});
export type Recovered = z.infer<typeof Recovered>;

const begunFile = (dataDir: string): string => join(dataDir, 'recovering.json');
const doneFile = (dataDir: string): string => join(dataDir, 'recovered.json');

/** From then on it only goes forward. */
export const writeRecovering = (dataDir: string, recovering: Recovering): void =>
	writeDurably(begunFile(dataDir), JSON.stringify(recovering));

/** Null when none is under way. Throws DATA_DIR_UNUSABLE. */
export const readRecovering = (dataDir: string): Recovering | null => readFileOf(begunFile(dataDir), Recovering);

/** The recovery is over; harmless to repeat. */
export function endRecovering(dataDir: string, { at, from, settings, forgotten }: Recovering): void {
	const recovered: Recovered = { schema: 1, at, from, cluster: settings.role.cluster, forgotten };
	writeDurably(doneFile(dataDir), JSON.stringify(recovered));
	rmSync(begunFile(dataDir), { force: true });
	syncFolder(dataDir);
}

/** The last recovery of this host, as long as something is to be done about it. Throws DATA_DIR_UNUSABLE. */
export const readRecovered = (dataDir: string): Recovered | null => readFileOf(doneFile(dataDir), Recovered);

export const forgetRecovered = (dataDir: string): void => rmSync(doneFile(dataDir), { force: true });

/** Throws RECOVERY_UNFINISHED: half of this data directory is of the old cluster, half of the new one. */
export function assertNotRecovering(dataDir: string): void {
	const recovering = readRecovering(dataDir);
	if (recovering === null) return;
	throw new CoveyError(
		'RECOVERY_UNFINISHED',
		`A recovery of ${recovering.settings.host} was begun on ${new Date(recovering.at).toISOString().slice(0, 16).replace('T', ' ')} UTC and is not finished.`,
	);
}

function readFileOf<T>(file: string, shape: z.ZodType<T>): T | null {
	if (!existsSync(file)) return null;
	try {
		return shape.parse(JSON.parse(readFileSync(file, 'utf8')));
	} catch (error) {
		throw new CoveyError('DATA_DIR_UNUSABLE', `${file} is damaged.`, { cause: error });
	}
}
