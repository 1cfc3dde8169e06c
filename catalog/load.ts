// Reads catalog files and says, for everything that is wrong in any of them, where it is.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { CatalogEntry } from './entry.ts';
import { type Problem, readEntry } from './read-entry.ts';

export type { Problem } from './read-entry.ts';

export interface Catalog {
	get(name: string): CatalogEntry | undefined;
	/** By name. */
	all(): CatalogEntry[];
}

/** The entries that come with Covey. */
export const OWN_APPS = fileURLToPath(new URL('apps', import.meta.url));

/** Throws BAD_CATALOG with every problem of every file in `details.problems`. */
export function loadCatalog(...folders: string[]): Catalog {
	return catalogOf((folders.length > 0 ? folders : [OWN_APPS]).flatMap(sourcesIn));
}

function sourcesIn(folder: string): { file: string; text: string }[] {
	const files = readdirSync(folder)
		.filter((name) => /\.ya?ml$/.test(name))
		.sort();
	return files.map((file) => ({ file: join(folder, file), text: readFileSync(join(folder, file), 'utf8') }));
}

/** The same for texts in memory. */
export function catalogOf(sources: readonly { file: string; text: string }[]): Catalog {
	const problems: Problem[] = [];
	const entries = new Map<string, { entry: CatalogEntry; file: string }>();
	for (const { file, text } of sources) {
		const read = readEntry(file, text);
		if (read.status === 'wrong') {
			problems.push(...read.problems);
			continue;
		}
		const { entry, nameAt } = read;
		const same = entries.get(entry.name);
		if (same) problems.push({ ...nameAt, message: `"${entry.name}" is the name of ${same.file} already` });
		else if (basename(file).replace(/\.ya?ml$/, '') !== entry.name)
			problems.push({ ...nameAt, message: `must be the file's name, ${basename(file)}` });
		else entries.set(entry.name, { entry, file });
	}
	if (problems.length > 0) throw badCatalog(problems);
	const sorted = [...entries.values()].map(({ entry }) => entry).sort((a, b) => (a.name < b.name ? -1 : 1));
	return { get: (name) => entries.get(name)?.entry, all: () => sorted };
}

export function badCatalog(problems: Problem[]): CoveyError {
	const title = problems.length === 1 ? 'A catalog file is wrong' : `Catalog files are wrong in ${problems.length} places`;
	return new CoveyError('BAD_CATALOG', `${title}: ${problems.map(problemText).join('; ')}`, { details: { problems } });
}

/** `notes.yaml:3:7: ports.0.name: …` */
export const problemText = ({ file, line, column, field, message }: Problem): string =>
	`${file}:${line}:${column}: ${field ? `${field}: ` : ''}${message}`;
