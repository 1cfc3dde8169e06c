// What is wrong in catalog files, as an error and as text.
import { CoveyError } from '../runtime/engine/errors.ts';
import type { Problem } from './read-entry.ts';

export function badCatalog(problems: readonly Problem[]): CoveyError {
	const title = problems.length === 1 ? 'A catalog file is wrong' : `Catalog files are wrong in ${problems.length} places`;
	return new CoveyError('BAD_CATALOG', `${title}: ${problems.map(problemText).join('; ')}`, { details: { problems } });
}

/** `notes.yaml:3:7: ports.0.name: …` */
export const problemText = ({ file, line, column, field, message }: Problem): string =>
	`${file}:${line}:${column}: ${field ? `${field}: ` : ''}${message}`;
