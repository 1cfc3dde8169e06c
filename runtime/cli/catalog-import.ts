// covey catalog import compose.yaml: without a cluster.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { importCompose } from '../../catalog/import/import-compose.ts';
import { problemText } from '../../catalog/problems.ts';
import { MAX_FILE_BYTES } from '../../catalog/read-entry.ts';
import { CoveyError } from '../engine/errors.ts';
import { Name } from '../engine/record.ts';
import { wrap } from './format/wrap.ts';
import type { Common, Session } from './session.ts';

export type ImportOptions = Common & { name?: string; to?: string };

/** The entry goes to standard output or into a folder; what a person must look at goes beside it. */
export async function catalogImport(session: Session, file: string, { name, to }: ImportOptions): Promise<number> {
	if (name !== undefined && !Name.safeParse(name).success)
		throw new CoveyError('USAGE', `"${name}" is no name of an app: use 1-48 characters of a-z, 0-9 and "-".`);
	const imported = importCompose(file, read(file), name ?? null);
	const target = to === undefined ? null : write(to, imported.name, imported.yaml);
	const notes = imported.notes.map(({ field, words }) => ({ field, words }));
	const { paint, width } = session;
	if (session.json) {
		session.show({ name: imported.name, file: target, yaml: imported.yaml, notes, problems: imported.problems }, () => '');
		return imported.problems.length > 0 ? 1 : 0;
	}
	if (target === null) session.print(imported.yaml);
	const told = [
		...(target === null ? [] : [`Wrote ${target}.`]),
		...(notes.length > 0 ? [paint.bold('To look at:')] : []),
		...notes.map((note) => wrap(`${note.field}: ${note.words}`, width, '  ')),
		...(imported.problems.length > 0 ? [paint.bold('To put right before it can be used:')] : []),
		...imported.problems.map((problem) => wrap(problemText(problem), width, '  ')),
		`Then: covey catalog check ${target ?? `${imported.name}.yaml`}`,
	];
	session.parts.stderr.write(`${told.join('\n')}\n`);
	return imported.problems.length > 0 ? 1 : 0;
}

function read(file: string): string {
	const found = statSync(file, { throwIfNoEntry: false });
	if (!found?.isFile()) throw new CoveyError('USAGE', `There is no file ${file}.`);
	if (found.size > MAX_FILE_BYTES) throw new CoveyError('USAGE', `${file} is larger than ${MAX_FILE_BYTES / 1024} KiB.`);
	return readFileSync(file, 'utf8');
}

/** Never over something that is there. */
function write(to: string, name: string, yaml: string): string {
	const isFolder = statSync(to, { throwIfNoEntry: false })?.isDirectory() === true;
	const target = isFolder ? join(to, `${name}.yaml`) : resolve(to);
	if (basename(target) !== `${name}.yaml`)
		throw new CoveyError('USAGE', `The file must be called ${name}.yaml, like its app; or use --name.`);
	if (!existsSync(dirname(target))) throw new CoveyError('USAGE', `There is no folder ${dirname(target)}.`);
	if (existsSync(target)) throw new CoveyError('USAGE', `${target} exists already.`);
	writeFileSync(target, yaml, { flag: 'wx' });
	return target;
}
