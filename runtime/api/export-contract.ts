// Questions for a copy of an app that runs without Covey.
import { z } from 'zod';
import { Name } from '../engine/record.ts';
import { Bytes, Instant } from '../engine/units.ts';

const DataPath = z.string().min(1).max(4_096);

export const ExportEntry = z.object({
	path: z.string().describe('below the folder of the app: `data/notes/today.md`'),
	type: z.enum(['folder', 'file', 'link', 'other']),
	mode: z.number().int().describe('permissions, as in POSIX'),
	uid: z.number().int(),
	gid: z.number().int(),
	size: Bytes,
	changedAt: Instant,
	target: z.string().optional().describe('where a link leads'),
});
export type ExportEntry = z.infer<typeof ExportEntry>;

export const EXPORT_QUESTIONS = {
	'export.list': {
		input: z.strictObject({ instance: Name, after: DataPath.nullable().default(null).describe('`next` of the page before') }),
		output: z.object({
			host: Name,
			entries: z.array(ExportEntry).describe('folders before what is in them'),
			next: z.string().nullable().describe('null: this was the last page'),
		}),
	},
	'export.read': {
		input: z.strictObject({
			instance: Name,
			from: z.enum(['volumes', 'dumps']).default('volumes'),
			path: DataPath,
			offset: Bytes.default(0),
		}),
		output: z.object({ data: z.string().describe('base64, at most 512 KiB'), end: z.boolean() }),
	},
	'export.dumps': {
		input: z.strictObject({ instance: Name, discard: z.boolean().default(false).describe('they have been fetched') }),
		output: z.object({
			status: z.enum(['running', 'done', 'none']).describe('running: ask again'),
			dumps: z
				.array(z.object({ name: z.string(), path: z.string().describe('of the dump, below the folder of the export') }))
				.describe('read each with `from: "dumps"` and its name as `path`'),
		}),
	},
	'export.texts': {
		input: z.strictObject({
			instance: Name,
			state: z.enum(['stopped', 'running']).describe('of the app, while its data was copied'),
			torn: z.array(DataPath).max(50).default([]).describe('files that changed meanwhile'),
			dumped: z.array(z.string().max(48)).max(20).default([]).describe('names of databases whose dumps go with it'),
			secrets: z.boolean().default(false).describe('with the values of its secrets'),
		}),
		output: z.object({
			files: z.record(z.string(), z.string()).describe('texts by path: compose.yaml, README.md and what belongs to them'),
		}),
	},
} as const;
