// The catalog of a host: what comes with Covey, and what people added to the cluster. Added catalogs are documents, so that every
// host knows the same entries, whoever fetched them; a copy in the data directory serves while the store is away.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { AddedCatalog, unpackSources } from '../../catalog/added-catalog.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { Graph } from '../../catalog/graph.ts';
import { type KnownFile, knownEntries } from '../../catalog/known-entries.ts';
import { catalogOf, OWN_APPS, sourcesIn } from '../../catalog/load.ts';
import { type Catalog, type ReadCatalog, readCatalog, type Source } from '../../catalog/read-catalog.ts';
import type { Problem } from '../../catalog/read-entry.ts';
import { readText, writeJson } from '../disk/durable.ts';
import { toCoveyError } from '../engine/errors.ts';
import type { Clock, Documents } from '../engine/ports.ts';
import { repeat } from '../engine/repeat.ts';

const EVERY_MS = 30_000;

/** Entries that come with Covey belong to this catalog. */
export const BUILT_IN = 'covey';

export interface Catalogs {
	/** The same object for ever; what it tells is as last heard. */
	readonly catalog: Catalog;
	/** Who can use whom, as last heard. */
	graph(): Graph;
	/** The name of the catalog an entry is from. */
	originOf(app: string): string;
	added(): readonly AddedCatalog[];
	/** Of added catalogs: what is left out. Their entries were right when they were added, for the Covey of that day. */
	problems(): readonly Problem[];
	/** What there would be if a catalog was added, or replaced; problems are those of its own files. */
	tryAdding(name: string, sources: readonly Source[]): { entries: CatalogEntry[]; problems: Problem[] };
	/** Reads now. Rejects with STORE_UNAVAILABLE. */
	refresh(): Promise<void>;
	/** Somebody said that they changed. */
	soon(): void;
	stop(): void;
}

export interface CatalogsOptions {
	clock: Clock;
	documents: Pick<Documents, 'list'>;
	/** Holds the copy of what was added. */
	file: string;
	/** A folder of entries beside Covey's own. */
	folder: string | null;
	onFailure(thrown: unknown): void;
}

/** Throws BAD_CATALOG for Covey's own files and those of `folder`. */
export function openCatalogs({ clock, documents, file, folder, onFailure }: CatalogsOptions): Catalogs {
	const known = knownHere();
	const own = [OWN_APPS, ...(folder === null ? [] : [folder])].flatMap(sourcesIn);
	catalogOf(own, known);
	// Added entries come first: what somebody installed from there is not replaced by an entry of the next Covey.
	const combine = (catalogs: readonly AddedCatalog[]): ReadCatalog => {
		const combined = readCatalog([...catalogs.flatMap(sourcesOf), ...own], known);
		known.save();
		return combined;
	};
	let added = copyIn(file, onFailure);
	let view = combine(added);
	let seen = 0;

	const refresh = async (): Promise<void> => {
		const found = await documents.list('catalogs');
		const revision = Math.max(0, ...found.map((document) => document.revision));
		// A replica that lags must not take back what was added.
		if (revision < seen) return;
		seen = revision;
		const catalogs = found
			.flatMap(({ value }) => AddedCatalog.safeParse(value).data ?? [])
			.sort((a, b) => (a.name < b.name ? -1 : 1));
		if (JSON.stringify(catalogs) === JSON.stringify(added)) return;
		view = combine(catalogs);
		added = catalogs;
		writeJson(file, added);
	};
	const { soon, stop } = repeat({ clock, everyMs: EVERY_MS, firstMs: 0, look: refresh, onFailure });
	return {
		catalog: { get: (name) => view.catalog.get(name), all: () => view.catalog.all() },
		graph: () => view.graph,
		originOf: (app) => added.find(({ name }) => view.files.get(app)?.startsWith(`${name}/`))?.name ?? BUILT_IN,
		added: () => added,
		problems: () => view.problems,
		tryAdding(name, sources) {
			const others = added.filter((one) => one.name !== name).flatMap(sourcesOf);
			const mine = sources.map((source) => ({ ...source, file: `${name}/${source.file}` }));
			// Last, so that a name that is taken is a problem of the new one.
			const { catalog, files, problems } = readCatalog([...others, ...own, ...mine], known);
			const isMine = (path: string | undefined) => mine.some((source) => source.file === path);
			return {
				entries: catalog.all().filter((entry) => isMine(files.get(entry.name))),
				problems: problems.filter((problem) => isMine(problem.file)),
			};
		},
		refresh,
		soon,
		stop,
	};
}

/** What this machine has read before. */
export const knownHere = (): KnownFile =>
	knownEntries(join(process.env['COVEY_CACHE'] ?? join(homedir(), '.cache', 'covey'), 'catalog.json'));

/** A copy that cannot be read is told and made again. */
function copyIn(file: string, onFailure: (thrown: unknown) => void): AddedCatalog[] {
	try {
		const text = readText(file);
		return text === null ? [] : z.array(AddedCatalog).parse(JSON.parse(text));
	} catch (thrown) {
		onFailure(toCoveyError(thrown));
		return [];
	}
}

/** `friends/jellyfin.yaml` */
const sourcesOf = ({ name, pack }: AddedCatalog): Source[] =>
	unpackSources(pack).sources.map(({ file, text }) => ({ file: `${name}/${file}`, text }));
