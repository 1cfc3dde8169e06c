// covey catalog check FILE…, covey catalog schema: without a cluster.
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { entryJsonSchema } from '../../catalog/json-schema.ts';
import { OWN_APPS, sourcesIn } from '../../catalog/load.ts';
import { readCatalog, type Source } from '../../catalog/read-catalog.ts';
import { MAX_FILE_BYTES, type Problem } from '../../catalog/read-entry.ts';
import { CoveyError } from '../engine/errors.ts';
import { knownHere } from '../host/catalogs.ts';
import { wrap } from './format/wrap.ts';
import type { Session } from './session.ts';

/** Files are checked together with the apps that come with Covey, which they may name; one of the same name stands in for it. */
export async function catalogCheck(session: Session, paths: readonly string[]): Promise<number> {
	const sources = paths.flatMap(sourcesAt);
	const { entries, problems } = check(sources);
	session.show({ files: sources.length, apps: entries, problems }, () => {
		if (problems.length === 0) return `${entries.join(', ')}: nothing is wrong.`;
		const places = problems.length === 1 ? 'One thing is wrong' : `${problems.length} things are wrong`;
		const texts = new Map(sources.map(({ file, text }) => [file, text]));
		return [...problems.map((problem) => show(session, problem, texts.get(problem.file) ?? '')), `${places}.`].join('\n\n');
	});
	return problems.length === 0 ? 0 : 1;
}

export async function catalogSchema(session: Session): Promise<number> {
	session.print(JSON.stringify(entryJsonSchema(), null, 2));
	return 0;
}

export function check(sources: readonly Source[]): { entries: string[]; problems: Problem[] } {
	const names = new Set(sources.map(({ file }) => nameOf(file)));
	const own = sourcesIn(OWN_APPS).filter(({ file }) => !names.has(nameOf(file)));
	const { catalog, files, problems } = readCatalog([...own, ...sources], knownHere());
	const mine = new Set(sources.map(({ file }) => file));
	return {
		entries: catalog.all().flatMap(({ name }) => (mine.has(files.get(name) ?? '') ? [name] : [])),
		problems: problems.filter(({ file }) => mine.has(file)),
	};
}

const nameOf = (file: string): string => basename(file).replace(/\.ya?ml$/, '');

function sourcesAt(path: string): Source[] {
	const found = statSync(path, { throwIfNoEntry: false });
	if (!found) throw new CoveyError('USAGE', `There is no file ${path}.`);
	if (found.isDirectory()) {
		const sources = sourcesIn(path);
		if (sources.length === 0) throw new CoveyError('USAGE', `${path} has no files that end in .yaml.`);
		return sources;
	}
	if (lstatSync(path).size > MAX_FILE_BYTES)
		throw new CoveyError('USAGE', `${path} is larger than ${MAX_FILE_BYTES / 1024} KiB: that is no catalog file.`);
	return [{ file: path, text: readFileSync(path, 'utf8') }];
}

function show({ paint, width }: Session, { file, line, column, field, message }: Problem, text: string): string {
	const source = text.split('\n')[line - 1] ?? '';
	return [
		`${paint.bold(`${file}:${line}:${column}`)}${field ? `  ${field}` : ''}`,
		wrap(paint.red(message), width, '  '),
		`${paint.dim(`${String(line).padStart(5)} | `)}${source}`,
		`${' '.repeat(8 + column - 1)}${paint.red('^')}`,
	].join('\n');
}
