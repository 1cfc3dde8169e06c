// A zod schema as a person writes a type, with the unit or the meaning of a field behind it.
import { z } from 'zod';

interface Schema {
	type?: string | string[];
	const?: unknown;
	enum?: unknown[];
	properties?: Record<string, Schema>;
	required?: string[];
	items?: Schema | boolean;
	prefixItems?: Schema[];
	anyOf?: Schema[];
	oneOf?: Schema[];
	additionalProperties?: Schema | boolean;
	default?: unknown;
	description?: string;
}

/** `input`: what a sender writes, fields with a default may be absent; `output`: what a reader gets. */
export const describeSchema = (schema: z.ZodType, io: 'input' | 'output'): string =>
	shapeOf(z.toJSONSchema(schema, { io }) as Schema);

function shapeOf(schema: Schema, indent = ''): string {
	if (schema.const !== undefined) return JSON.stringify(schema.const);
	if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
	const choices = schema.anyOf ?? schema.oneOf;
	if (choices) return choices.map((choice) => shapeOf(choice, indent)).join(' | ');
	if (schema.type === 'array')
		return schema.prefixItems
			? `[${schema.prefixItems.map((item) => shapeOf(item, indent)).join(', ')}]`
			: `${listItem(schema, indent)}[]`;
	if (schema.type === 'object') return objectShape(schema, indent);
	return schema.type === undefined ? 'anything' : [schema.type].flat().join(' | ');
}

function listItem({ items }: Schema, indent: string): string {
	const item = typeof items === 'object' ? shapeOf(items, indent) : 'anything';
	return item.includes(' | ') ? `(${item})` : item;
}

function objectShape({ properties = {}, required = [], additionalProperties }: Schema, indent: string): string {
	const fields = Object.entries(properties);
	if (fields.length === 0)
		return typeof additionalProperties === 'object' ? `{ [name]: ${shapeOf(additionalProperties, indent)} }` : '{}';
	const inner = `${indent}  `;
	const lines = fields.map(
		([name, schema]) => `${inner}${name}${required.includes(name) ? '' : '?'}: ${shapeOf(schema, inner)}${remark(schema)}`,
	);
	return `{\n${lines.join('\n')}\n${indent}}`;
}

function remark(schema: Schema): string {
	const meaning = schema.description ?? schema.anyOf?.find(({ description }) => description !== undefined)?.description;
	const fallback = schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`;
	const words = [meaning, fallback].filter((word) => word !== undefined);
	return words.length === 0 ? '' : `  // ${words.join('; ')}`;
}
