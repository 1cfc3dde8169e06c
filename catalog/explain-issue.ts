// What zod found wrong in an entry, for people: at which field, and what to write instead.
import type { z } from 'zod';
import { entryJsonSchema, type JsonSchema, schemasAt } from './json-schema.ts';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;

export interface Explained {
	path: (string | number)[];
	message: string;
}

export function explainIssues(issues: readonly Issue[]): Explained[] {
	const schema = entryJsonSchema();
	return issues.flatMap((issue) => explain(issue, [], schema));
}

function explain(issue: Issue, before: (string | number)[], schema: JsonSchema): Explained[] {
	const path = [...before, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
	if (issue.code === 'unrecognized_keys')
		return issue.keys.map((key) => ({ path: [...path, key], message: `is not a known field${unknownHint(key, path, schema)}` }));
	if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message }));
	if (issue.code === 'invalid_union' && issue.errors.length > 0)
		return likeliest(issue.errors).flatMap((inner) => explain(inner, path, schema));
	return [{ path, message: messageOf(issue, path, schema) }];
}

/** Where the schema has words of its own, they stay. */
function messageOf(issue: Issue, path: readonly (string | number)[], schema: JsonSchema): string {
	const isOwn = !/^(Invalid|Too|Unrecognized)/.test(issue.message);
	if (isOwn) return issue.message;
	switch (issue.code) {
		case 'invalid_type': {
			const received = /received (\w+)$/.exec(issue.message)?.[1];
			const missing = received === 'undefined' ? 'is missing; ' : received === 'null' ? 'is empty; ' : '';
			return missing + expectation(issue.expected, received === 'number', path, schema);
		}
		case 'invalid_value':
			return `must be ${orList(issue.values.map(String))}`;
		case 'invalid_union':
			return `must be ${orList((issue as { options?: unknown[] }).options?.map(String) ?? [])}`;
		case 'too_big':
			return `must be ${issue.maximum} at most${unit(issue.origin)}`;
		case 'too_small':
			return issue.inclusive ? `must be ${issue.minimum} at least${unit(issue.origin)}` : `must be more than ${issue.minimum}`;
		default:
			return issue.message;
	}
}

/** Of a field that may have several shapes: the one that fits best, which is where the fault lies deepest. */
function likeliest(shapes: readonly (readonly Issue[])[]): readonly Issue[] {
	const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map(({ path }) => path.length));
	const isWrongShape = (issues: readonly Issue[]) =>
		issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
	return [...shapes].sort((a, b) => depth(b) - depth(a) || Number(isWrongShape(a)) - Number(isWrongShape(b)))[0] ?? [];
}

function unknownHint(key: string, path: readonly (string | number)[], schema: JsonSchema): string {
	const known = [...new Set(schemasAt(schema, path).flatMap(({ properties = {} }) => Object.keys(properties)))];
	const near = nearest(key, known);
	if (near.length > 0) return `; did you mean ${orList(near)}?`;
	return known.length > 0 ? `; known are ${known.join(', ')}` : '';
}

const KINDS: Readonly<Record<string, string>> = {
	string: 'text',
	number: 'a number',
	int: 'a whole number',
	boolean: 'true or false',
	array: 'a list, like [a, b]',
	record: 'a map, like { NAME: value }',
	object: 'a map of fields',
};

function expectation(expected: string, isNumber: boolean, path: readonly (string | number)[], schema: JsonSchema): string {
	const shapes = schemasAt(schema, path);
	const description = shapes.find((one) => one.description !== undefined)?.description;
	const fields = shapes.flatMap(({ properties = {} }) => Object.keys(properties));
	const quoted = expected === 'string' && isNumber ? ' (put numbers in quotes)' : '';
	const known = expected === 'object' && fields.length > 0 ? ` (${fields.join(', ')})` : '';
	return `must be ${KINDS[expected] ?? expected}${quoted}${known}${description === undefined ? '' : `: ${description}`}`;
}

const unit = (origin: string): string => (origin === 'string' ? ' letters' : origin === 'array' ? ' entries' : '');

const orList = (words: readonly string[]): string =>
	words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
