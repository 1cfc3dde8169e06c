// Questions about the catalog, with their payloads and answers.
import { z } from 'zod';
import { CatalogOrigin } from '../../catalog/added-catalog.ts';
import { Name } from '../engine/record.ts';
import { Bytes, Instant } from '../engine/units.ts';

export const CatalogRow = z.object({
	name: Name,
	title: z.string(),
	summary: z.string(),
	category: z.string(),
	homepage: z.string().nullable(),
	drivers: z.array(z.string()),
	memoryBytes: Bytes,
	diskBytes: Bytes,
	ports: z.array(z.object({ name: z.string(), port: z.number().int() })),
	catalog: z.string().describe('the catalog it is from: covey, or one that was added'),
});
export type CatalogRow = z.infer<typeof CatalogRow>;

const Partner = z.object({
	integration: z.string(),
	words: z.string().describe('`a download client`'),
	required: z.boolean(),
	apps: z.array(Name).describe('who can serve it, the recommended one first'),
});

export const CatalogApp = z.object({
	app: CatalogRow,
	entry: z.record(z.string(), z.unknown()).describe('the entry as docs/catalog.md describes it; sizes in bytes, durations in ms'),
	uses: z.array(Partner),
	usedBy: z.array(z.object({ app: Name, integration: z.string(), required: z.boolean() })),
	instances: z.array(Name).describe('where it is installed already'),
});
export type CatalogApp = z.infer<typeof CatalogApp>;

export const AddedRow = z.object({
	name: Name,
	origin: CatalogOrigin,
	at: Instant,
	by: z.string(),
	apps: z.array(Name),
	problems: z.array(z.string()).describe('entries that are left out, and why'),
});
export type AddedRow = z.infer<typeof AddedRow>;

export const CatalogChange = z.object({
	name: Name,
	added: z.array(Name),
	changed: z.array(Name),
	dropped: z.array(Name),
});
export type CatalogChange = z.infer<typeof CatalogChange>;

export const CATALOG_QUESTIONS = {
	catalog: {
		input: z.strictObject({ search: z.string().max(200).optional(), category: z.string().max(64).optional() }),
		output: z.object({
			apps: z.array(CatalogRow),
			categories: z.array(z.object({ category: z.string(), apps: z.number().int() })).describe('of the whole catalog'),
		}),
	},
	'catalog.show': { input: z.strictObject({ app: Name }), output: CatalogApp },
	'catalogs.list': { input: z.strictObject({}), output: z.object({ catalogs: z.array(AddedRow) }) },
	'catalogs.put': {
		input: z.strictObject({
			name: Name,
			origin: CatalogOrigin,
			pack: z.string().max(700_000).describe('gzip, base64, of [["app.yaml", "its text"], …]'),
			replace: z.boolean().default(false),
			by: z.string().max(64).default('anonymous'),
		}),
		output: z.object({ change: CatalogChange }),
	},
	'catalogs.remove': { input: z.strictObject({ name: Name }), output: z.object({ change: CatalogChange }) },
} as const;
