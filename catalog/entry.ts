// What a catalog file may say. One schema for the files, the loader's messages, the type, and docs/catalog.schema.json.
import type { z } from 'zod';
import { contradictions } from './schema/contradictions.ts';
import { EntryFields } from './schema/fields.ts';

export const CatalogEntry = EntryFields.superRefine((entry, context) => {
	for (const { path, message } of contradictions(entry)) context.addIssue({ code: 'custom', path, message });
});
export type CatalogEntry = z.infer<typeof CatalogEntry>;
