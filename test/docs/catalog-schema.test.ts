import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { entryJsonSchema, entrySchemaText, type JsonSchema } from '../../catalog/json-schema.ts';
import { projectRoot } from '../helpers/source-tree.ts';

const text = (file: string): string => readFileSync(join(projectRoot, file), 'utf8');

test('docs/catalog.schema.json is what the loader reads by; `npm run docs` writes it anew', () => {
	expect(JSON.parse(text('docs/catalog.schema.json'))).toEqual(JSON.parse(entrySchemaText()));
});

test('docs/catalog.md explains every field of an entry and of a service, and only those', () => {
	const schema = entryJsonSchema();
	const service = schema.properties?.['services']?.additionalProperties as JsonSchema;
	const page = text('docs/catalog.md');
	const [, ofEntry = '', ofService = ''] = page.split(/^## Fields of .*$/m);
	const explained = (part: string) =>
		[...(part.split(/^## /m)[0] ?? '').matchAll(/^\| `([a-zA-Z_]+)`/gm)].map(([, name]) => name);
	expect(explained(ofEntry)).toEqual(Object.keys(schema.properties ?? {}));
	expect(explained(ofService)).toEqual(Object.keys(service.properties ?? {}));
});
