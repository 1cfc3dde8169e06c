// Answers about the catalog, and changes of the catalogs that people added.
import { AddedCatalog, unpackSources } from '../../catalog/added-catalog.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import { driversOf } from '../../catalog/facets.ts';
import { nearest } from '../../catalog/nearest.ts';
import { badCatalog, problemText } from '../../catalog/problems.ts';
import { categoriesOf, searchCatalog } from '../../catalog/search.ts';
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import type { Json } from '../engine/record.ts';
import { BUILT_IN, type Catalogs } from '../host/catalogs.ts';
import type { Answers } from './answers.ts';
import type { AddedRow, CatalogChange, CatalogRow } from './catalog-contract.ts';
import { originText } from './catalog-origin.ts';
import type { AppRow } from './contract.ts';
import { type CatalogQuestion, findEntry } from './questions.ts';

export interface CatalogAnswerParts {
	catalogs: Catalogs;
	documents: Pick<Documents, 'read' | 'put'>;
	installed(): readonly Pick<AppRow, 'instance' | 'app'>[];
	/** Throws when nothing can be changed now. */
	assertChanges(): void;
	/** Tells the other hosts. */
	announce(): void;
	now(): number;
}

export function catalogAnswersOf(parts: CatalogAnswerParts): Pick<Answers, CatalogQuestion> {
	const { catalogs } = parts;
	const row = (entry: CatalogEntry) => catalogRow(entry, catalogs.originOf(entry.name));
	return {
		async catalog({ search, category }) {
			const all = catalogs.catalog.all();
			return { apps: searchCatalog(all, { words: search, category }).map(row), categories: categoriesOf(all) };
		},
		async 'catalog.show'({ app }) {
			const entry = findEntry(catalogs.catalog, app);
			const graph = catalogs.graph();
			return {
				app: row(entry),
				entry: { ...entry },
				uses: entry.integrations.map(({ name, words, required }) => ({
					integration: name,
					words,
					required,
					apps: [...graph.servers(app, name)],
				})),
				usedBy: [...graph.usersOf(app)],
				instances: parts.installed().flatMap((one) => (one.app === app ? [one.instance] : [])),
			};
		},
		'catalogs.list': async () => ({ catalogs: catalogs.added().map((one) => addedRow(one, catalogs)) }),
		'catalogs.put': async ({ name, origin, pack, replace, by }) => {
			parts.assertChanges();
			if (name === BUILT_IN) throw new CoveyError('NAME_TAKEN', `${BUILT_IN} is the catalog that comes with Covey.`);
			await catalogs.refresh();
			const { sources, digest } = unpackSources(pack);
			const { entries, problems } = catalogs.tryAdding(name, sources);
			if (problems.length > 0) throw badCatalog(problems);
			const added: AddedCatalog = { schema: 1, name, origin, at: parts.now(), by, digest, apps: entries.length, pack };
			return { change: await replaceDocument(parts, name, added, replace) };
		},
		'catalogs.remove': async ({ name }) => {
			parts.assertChanges();
			return { change: await replaceDocument(parts, name, null, true) };
		},
	};
}

/** Null takes it out. Looks again when somebody else was faster. */
async function replaceDocument(
	parts: CatalogAnswerParts,
	name: string,
	added: AddedCatalog | null,
	mayReplace: boolean,
): Promise<CatalogChange> {
	for (;;) {
		const stored = await parts.documents.read('catalogs', name);
		const before = AddedCatalog.safeParse(stored?.value).data ?? null;
		// Asked again, since the answer was lost.
		if (added && !mayReplace && isSame(before, added)) return changeBetween(name, null, added);
		if (stored && !before && !added) return changeBetween(name, null, null);
		if (before && !mayReplace)
			throw new CoveyError('NAME_TAKEN', `There is a catalog called ${name}, from ${originText(before.origin)}.`);
		if (!before && !added) throw unknownCatalog(name, parts.catalogs);
		const change = changeBetween(name, before, added);
		assertUnused(change, parts.installed());
		const outcome = await parts.documents.put('catalogs', name, added as Json, stored?.revision ?? 0);
		if (outcome.status === 'conflict') continue;
		await parts.catalogs.refresh();
		parts.announce();
		return change;
	}
}

const isSame = (before: AddedCatalog | null, added: AddedCatalog): boolean =>
	before !== null && before.digest === added.digest && originText(before.origin) === originText(added.origin);

function changeBetween(name: string, before: AddedCatalog | null, after: AddedCatalog | null): CatalogChange {
	const old = textsOf(before);
	const now = textsOf(after);
	return {
		name,
		added: [...now.keys()].filter((app) => !old.has(app)),
		changed: [...now].flatMap(([app, text]) => (old.has(app) && old.get(app) !== text ? [app] : [])),
		dropped: [...old.keys()].filter((app) => !now.has(app)),
	};
}

const textsOf = (catalog: AddedCatalog | null): Map<string, string> =>
	new Map(catalog ? unpackSources(catalog.pack).sources.map(({ file, text }) => [appOf(file), text]) : []);

const appOf = (file: string): string => file.replace(/\.ya?ml$/, '');

/** A host needs the entry of an installed app to start it anew, move it or take it away. */
function assertUnused({ name, dropped }: CatalogChange, installed: ReturnType<CatalogAnswerParts['installed']>): void {
	const users = installed.filter(({ app }) => dropped.includes(app)).map(({ instance }) => instance);
	if (users.length > 0)
		throw new CoveyError('CATALOG_IN_USE', `${users.join(', ')} came from the catalog ${name} and would lose the entry.`, {
			details: { instances: users },
		});
}

function unknownCatalog(name: string, catalogs: Catalogs): CoveyError {
	const names = catalogs.added().map((one) => one.name);
	const near = nearest(name, names);
	const words = near.length > 0 ? `near to it: ${near.join(', ')}` : `there are ${names.join(', ') || 'none'}`;
	return new CoveyError('UNKNOWN_CATALOG', `No catalog called ${name} was added; ${words}.`, { details: { nearest: near } });
}

function addedRow({ name, origin, at, by, pack }: AddedCatalog, catalogs: Catalogs): AddedRow {
	return {
		name,
		origin,
		at,
		by,
		apps: unpackSources(pack).sources.map(({ file }) => appOf(file)),
		problems: catalogs
			.problems()
			.filter(({ file }) => file.startsWith(`${name}/`))
			.map(problemText),
	};
}

function catalogRow(entry: CatalogEntry, catalog: string): CatalogRow {
	const { name, title, summary, category, homepage } = entry;
	return {
		name,
		title,
		summary,
		category,
		homepage: homepage ?? null,
		drivers: driversOf(entry),
		memoryBytes: entry.resources.memory.min,
		diskBytes: entry.resources.disk.min,
		ports: entry.ports.map((port) => ({ name: port.name, port: port.default })),
		catalog,
	};
}
