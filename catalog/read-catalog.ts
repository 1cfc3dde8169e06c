// Many catalog files as one catalog, with everything that is wrong in any of them. Pure.
import { basename } from 'node:path';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { CatalogEntry } from './entry.ts';
import { facetsOf } from './facets.ts';
import { type Graph, graphOf } from './graph.ts';
import { type Problem, placeOf, readEntry } from './read-entry.ts';

export interface Catalog {
	get(name: string): CatalogEntry | undefined;
	/** By name. */
	all(): CatalogEntry[];
}

export interface Source {
	/** Shown in problems; its last part without `.yaml` is the app's name. */
	file: string;
	text: string;
}

/** Entries read before, by their text: reading YAML takes most of the time. */
export interface Known {
	get(text: string): CatalogEntry | undefined;
	keep(text: string, entry: CatalogEntry): void;
}

interface Read extends Source {
	entry: CatalogEntry;
}

export interface ReadCatalog {
	catalog: Catalog;
	graph: Graph;
	/** The file of each app, by name. */
	files: ReadonlyMap<string, string>;
	problems: Problem[];
}

/** What is wrong is left out of the catalog and told. Of two entries with one name the first counts. */
export function readCatalog(sources: readonly Source[], known?: Known): ReadCatalog {
	const problems: Problem[] = [];
	const entries = new Map<string, Read>();
	for (const source of sources) {
		const read = readKnown(source, known);
		if (read.status === 'wrong') {
			problems.push(...read.problems);
			continue;
		}
		const { entry } = read;
		const message = misnamed(source.file, entry.name, entries);
		if (message === null) entries.set(entry.name, { ...source, entry });
		else problems.push({ ...placeOf(source, ['name']), message });
	}
	const graph = graphWithoutMisfits(entries, problems);
	const sorted = [...entries.values()].map(({ entry }) => entry).sort((a, b) => (a.name < b.name ? -1 : 1));
	return {
		catalog: { get: (name) => entries.get(name)?.entry, all: () => sorted },
		graph,
		files: new Map([...entries].map(([name, { file }]) => [name, file])),
		problems,
	};
}

function readKnown({ file, text }: Source, known: Known | undefined): ReturnType<typeof readEntry> {
	const before = known?.get(text);
	if (before) return { status: 'right', entry: before };
	const read = readEntry(file, text);
	if (read.status === 'right') known?.keep(text, read.entry);
	return read;
}

function misnamed(file: string, name: string, entries: ReadonlyMap<string, Read>): string | null {
	const same = entries.get(name);
	if (same) return `"${name}" is the name of ${same.file} already`;
	return basename(file).replace(/\.ya?ml$/, '') === name ? null : `must be the file's name, ${basename(file)}`;
}

/** Takes out the entries that name unknown partners or need each other first, until the rest fits together. */
function graphWithoutMisfits(entries: Map<string, Read>, problems: Problem[]): Graph {
	for (;;) {
		try {
			return graphOf([...entries.values()].map(({ entry }) => facetsOf(entry)));
		} catch (error) {
			const misfit = error instanceof CoveyError ? misfitOf(error, entries) : null;
			if (!misfit || !(error instanceof CoveyError)) throw error;
			problems.push({ ...placeOf(misfit.read, misfit.path), message: error.message });
			entries.delete(misfit.read.entry.name);
		}
	}
}

function misfitOf({ details }: CoveyError, entries: ReadonlyMap<string, Read>): { read: Read; path: (string | number)[] } | null {
	const [first] = Array.isArray(details?.['cycle']) ? details['cycle'] : [details?.['app']];
	const read = entries.get(String(first));
	if (!read) return null;
	const index = read.entry.integrations.findIndex(({ name, required }) =>
		details?.['integration'] === undefined ? required : name === details['integration'],
	);
	return { read, path: index < 0 ? ['name'] : ['integrations', index] };
}
