// One catalog file: its entry, or everything that is wrong in it with line and column. Pure.
import { type Document, isMap, isNode, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import { CatalogEntry } from './entry.ts';
import { explainIssues } from './explain-issue.ts';
import { quickYaml } from './quick-yaml.ts';

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

export type ReadEntry = { status: 'wrong'; problems: Problem[] } | { status: 'right'; entry: CatalogEntry };

/** Bytes; larger ones are no catalog files. */
export const MAX_FILE_BYTES = 256 * 2 ** 10;

export function readEntry(file: string, text: string): ReadEntry {
	const quick = quickYaml(text);
	const parsed = quick.status === 'read' ? CatalogEntry.safeParse(quick.value) : null;
	return parsed?.success ? { status: 'right', entry: parsed.data } : readWithPlaces(file, text);
}

function readWithPlaces(file: string, text: string): ReadEntry {
	const { document, at } = parse(file, text);
	if (document.errors.length > 0)
		return { status: 'wrong', problems: document.errors.map((error) => at(error.pos[0], '', `is no YAML: ${error.message}`)) };
	const value = plainValue(document);
	if (value.status === 'wrong') return { status: 'wrong', problems: [at(0, '', value.message)] };
	const parsed = CatalogEntry.safeParse(value.value);
	if (parsed.success) return { status: 'right', entry: parsed.data };
	const problems = explainIssues(parsed.error.issues).map(({ path, message }) =>
		at(offsetOf(document, path), path.join('.'), message),
	);
	return { status: 'wrong', problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** Where a field stands, with an empty message. */
export function placeOf({ file, text }: { file: string; text: string }, path: readonly (string | number)[]): Problem {
	const { document, at } = parse(file, text);
	return at(offsetOf(document, path), path.join('.'), '');
}

function parse(file: string, text: string) {
	const lines = new LineCounter();
	const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
	const at = (offset: number, field: string, message: string): Problem => {
		const { line, col } = lines.linePos(offset);
		return { file, line: Math.max(line, 1), column: Math.max(col, 1), field, message };
	};
	return { document, at };
}

/** Aliases are counted: a few lines can stand for gigabytes. */
export function plainValue(document: Document): { status: 'right'; value: unknown } | { status: 'wrong'; message: string } {
	try {
		return { status: 'right', value: document.toJS({ maxAliasCount: 100 }) };
	} catch (error) {
		return { status: 'wrong', message: error instanceof Error ? error.message : String(error) };
	}
}

/** Where the field begins; for a field that is missing, where the nearest thing around it begins. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
	for (let length = path.length; length >= 0; length--) {
		const around = length === 0 ? document.contents : document.getIn(path.slice(0, length - 1), true);
		const key = path[length - 1];
		const pair = isMap(around) && length > 0 ? around.items.find((one) => keyOf(one) === String(key)) : undefined;
		const node = pair && isNode(pair.key) ? pair.key : length === 0 ? around : document.getIn(path.slice(0, length), true);
		if (isNode(node) && node.range) return node.range[0];
	}
	return 0;
}

const keyOf = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : String(key));
