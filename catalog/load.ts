// Reads catalog files and says, for everything that is wrong in any of them, where it is.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { CoveyError } from '../runtime/engine/errors.ts';
import { CatalogEntry } from './entry.ts';

export interface Catalog {
	get(name: string): CatalogEntry | undefined;
	/** By name. */
	all(): CatalogEntry[];
}

export interface Problem {
	file: string;
	/** From 1. */
	line: number;
	/** From 1. */
	column: number;
	/** `health.check.port`; empty for the file as a whole. */
	field: string;
	message: string;
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
		problems.push(...read.problems);
		if (read.status === 'wrong') continue;
		const { entry } = read;
		const same = entries.get(entry.name);
		if (same) problems.push({ ...read.nameAt, message: `"${entry.name}" is the name of ${same.file} already` });
		else if (basename(file).replace(/\.ya?ml$/, '') !== entry.name)
			problems.push({ ...read.nameAt, message: `must be the file's name, ${basename(file)}` });
		else entries.set(entry.name, { entry, file });
	}
	if (problems.length > 0) throw badCatalog(problems);
	const sorted = [...entries.values()].map(({ entry }) => entry).sort((a, b) => (a.name < b.name ? -1 : 1));
	return { get: (name) => entries.get(name)?.entry, all: () => sorted };
}

type ReadEntry =
	| { status: 'wrong'; problems: Problem[] }
	| { status: 'right'; problems: Problem[]; entry: CatalogEntry; nameAt: Problem };

function readEntry(file: string, text: string): ReadEntry {
	const lines = new LineCounter();
	const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
	const at = (offset: number, field: string, message: string): Problem => {
		const { line, col } = lines.linePos(offset);
		return { file, line: Math.max(line, 1), column: Math.max(col, 1), field, message };
	};
	if (document.errors.length > 0)
		return { status: 'wrong', problems: document.errors.map((error) => at(error.pos[0], '', error.message)) };
	const parsed = CatalogEntry.safeParse(document.toJS());
	if (parsed.success)
		return { status: 'right', problems: [], entry: parsed.data, nameAt: at(offsetOf(document, ['name']), 'name', '') };
	const problems = parsed.error.issues.flatMap((issue) => {
		const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
		const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
		return paths.map((each) =>
			at(offsetOf(document, each), each.join('.'), issue.code === 'unrecognized_keys' ? 'is not a known field' : issue.message),
		);
	});
	return { status: 'wrong', problems };
}

/** Where the field begins; for a field that is missing, where the nearest thing around it begins. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
	for (let length = path.length; length >= 0; length--) {
		const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
		if (isNode(node) && node.range) return node.range[0];
	}
	return 0;
}

function badCatalog(problems: Problem[]): CoveyError {
	const texts = problems.map(
		({ file, line, column, field, message }) => `${file}:${line}:${column}: ${field ? `${field}: ` : ''}${message}`,
	);
	const title = problems.length === 1 ? 'A catalog file is wrong' : `Catalog files are wrong in ${problems.length} places`;
	return new CoveyError('BAD_CATALOG', `${title}: ${texts.join('; ')}`, { details: { problems } });
}
