// Which version of an app is installed, and which one an update would make of it. Pure.
import type { CatalogEntry } from '../catalog/entry.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { PlannedApp } from './drivers/plan.ts';

/** Of a program, the machine's package manager decides. */
export const versionOf = ({ source }: Pick<PlannedApp, 'source'>): string =>
	source.type === 'binary' ? 'the version of this machine' : source.version;

/** Throws NOT_ALLOWED_NOW when there is nothing to update it to. */
export function nextVersion({ instance, source }: PlannedApp, { process }: CatalogEntry, wish: string | null): string {
	if (source.type === 'binary' || process?.type !== source.type)
		throw new CoveyError(
			'NOT_ALLOWED_NOW',
			`${instance} runs a program of its host: update that with the host's package manager.`,
		);
	const next = wish ?? process.version;
	if (next !== source.version) return next;
	const why = wish === null ? `the catalog has ${next}, and` : '';
	throw new CoveyError(
		'NOT_ALLOWED_NOW',
		`There is nothing to update: ${why} ${instance} has ${next} already.`.replace('  ', ' '),
	);
}

/** The entry with that version of its package. */
export function atVersion(entry: CatalogEntry, version: string | null): CatalogEntry {
	if (version === null || !entry.process || entry.process.type === 'binary') return entry;
	return { ...entry, process: { ...entry.process, version } };
}
