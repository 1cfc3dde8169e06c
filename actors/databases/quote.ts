// Names and texts inside SQL. Everything Covey puts there is made from instance names and hashes; this refuses anything else.
import { CoveyError } from '../../runtime/engine/errors.ts';

/** PostgreSQL cuts longer names short without a word. */
const MAX_LENGTH = 63;

export function identifier(name: string, quote: '"' | '`' = '"'): string {
	if (/^[a-z0-9_-]+$/.test(name) && name.length <= MAX_LENGTH) return `${quote}${name}${quote}`;
	throw new CoveyError('BAD_REQUEST', `"${name}" cannot be the name of a database: at most ${MAX_LENGTH} of a-z, 0-9, _ and -.`);
}

export function literal(text: string): string {
	if (/^[\w $:=+/*.,()-]*$/.test(text)) return `'${text}'`;
	throw new CoveyError('INTERNAL', 'A text for a database server has letters that are not expected there.');
}

/**
 * The database and the user of an instance. `name` is the entry's name of it, which is `type` where it has only one.
 * No name of an instance has an underscore, so no two share one.
 */
export function databaseName(instance: string, type: string, name: string): string {
	const own = instance.replaceAll('-', '_');
	return name === type ? own : `${own}__${name.replaceAll('-', '_')}`;
}
