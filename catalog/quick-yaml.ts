// YAML as plain data without places in it, several times as fast as with them. It answers only where nothing is unusual: whatever is,
// or is wrong, is for the reader that knows lines and columns. Pure.
import { CORE_SCHEMA, load } from 'js-yaml';

export type QuickYaml = { status: 'read'; value: unknown } | { status: 'unsure' };

/** Directives, and keys that are nothing or no words: not the same to every reader. */
const UNUSUAL = /^%|^\s*\?|(^|[\s,{[])(~|null|Null|NULL)?\s*:(\s|$)/m;
/** A few short lines can stand for gigabytes; ten of them cannot. */
const MAX_ALIASES = 10;

export function quickYaml(text: string): QuickYaml {
	if (UNUSUAL.test(text)) return { status: 'unsure' };
	try {
		return { status: 'read', value: load(text, { schema: CORE_SCHEMA, maxAliases: MAX_ALIASES }) };
	} catch {
		// What is wrong is said by the other reader, with its place.
		return { status: 'unsure' };
	}
}
