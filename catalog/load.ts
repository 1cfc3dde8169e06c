// Catalogs from folders.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { badCatalog } from './problems.ts';
import { type Catalog, type Known, readCatalog, type Source } from './read-catalog.ts';

export type { Catalog, Source } from './read-catalog.ts';
export type { Problem } from './read-entry.ts';

/** The entries that come with Covey. */
export const OWN_APPS = fileURLToPath(new URL('apps', import.meta.url));

/** Throws BAD_CATALOG with every problem of every file in `details.problems`. */
export function loadCatalog(...folders: string[]): Catalog {
	return catalogOf((folders.length > 0 ? folders : [OWN_APPS]).flatMap(sourcesIn));
}

export function sourcesIn(folder: string): Source[] {
	const files = readdirSync(folder)
		.filter((name) => /\.ya?ml$/.test(name))
		.sort();
	return files.map((file) => ({ file: join(folder, file), text: readFileSync(join(folder, file), 'utf8') }));
}

/** The same for texts in memory. */
export function catalogOf(sources: readonly Source[], known?: Known): Catalog {
	const { catalog, problems } = readCatalog(sources, known);
	if (problems.length > 0) throw badCatalog(problems);
	return catalog;
}
