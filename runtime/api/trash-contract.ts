// Questions about the data of removed apps.
import { z } from 'zod';
import { Name } from '../engine/record.ts';
import { Bytes, Instant } from '../engine/units.ts';

const TrashId = z.string().min(1).max(120);

export const TrashRow = z.object({
	id: TrashId,
	host: Name,
	instance: z.string(),
	app: z.string().nullable().describe('null: it never started'),
	at: Instant.describe('ms since 1970, when it was removed'),
	expiresAt: Instant.describe('ms since 1970: deleted soon after'),
	bytes: Bytes.nullable().describe('bytes; null: too many files to count'),
});
export type TrashRow = z.infer<typeof TrashRow>;

/** What one host is asked about its trash. */
export const TrashRequest = z.discriminatedUnion('do', [
	z.object({ do: z.literal('list') }),
	z.object({ do: z.literal('restore'), id: TrashId }),
	z.object({ do: z.literal('empty'), id: TrashId.nullable() }),
]);
export type TrashRequest = z.infer<typeof TrashRequest>;

const Where = { host: Name.optional().describe('when several hosts have something of that name') };

export const TRASH_QUESTIONS = {
	'trash.list': {
		input: z.strictObject({}),
		output: z.object({ items: z.array(TrashRow), silent: z.array(Name).describe('hosts that did not answer') }),
	},
	'trash.restore': {
		input: z.strictObject({ id: TrashId, ...Where }),
		output: z.object({ instance: z.string(), app: z.string().nullable(), host: Name }),
	},
	'trash.empty': {
		input: z.strictObject({ id: TrashId.nullable().describe('null: everything'), ...Where }),
		output: z.object({ gone: z.array(z.object({ id: z.string(), host: Name })) }),
	},
} as const;
