// The schema of catalog files for editors and other tools, and what a field of it is. Pure.
import { z } from 'zod';
import { CatalogEntry } from './entry.ts';

export interface JsonSchema {
	type?: string;
	description?: string;
	properties?: Record<string, JsonSchema>;
	additionalProperties?: JsonSchema | boolean;
	items?: JsonSchema;
	anyOf?: JsonSchema[];
	oneOf?: JsonSchema[];
	[word: string]: unknown;
}

/** As docs/catalog.schema.json has it. */
export function entryJsonSchema(): JsonSchema {
	const { $schema, ...schema } = z.toJSONSchema(CatalogEntry, { io: 'input' });
	return {
		$schema,
		title: 'Covey catalog entry',
		...schema,
	} as JsonSchema;
}

/** The file docs/catalog.schema.json. */
export const entrySchemaText = (): string => `${JSON.stringify(entryJsonSchema(), null, '\t')}\n`;

/** The schemas that may hold at the path; several where a field can have several shapes. */
export function schemasAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema[] {
	const [first, ...rest] = path;
	const shapes = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
	if (first === undefined) return shapes;
	return shapes.flatMap((shape) => {
		const own = typeof first === 'number' ? shape.items : (shape.properties?.[String(first)] ?? shape.additionalProperties);
		return typeof own === 'object' ? schemasAt(own, rest) : [];
	});
}
