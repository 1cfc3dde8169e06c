// What connecting two apps does, as data: variables, values in files, and calls of their interfaces.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { Environment, RelativePath } from './words.ts';

const UrlPath = z.string().startsWith('/');

const Call = z.strictObject({
	method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
	path: UrlPath,
	headers: z.record(z.string(), z.string()).default({}),
	body: z.string().optional(),
});

export const Hook = z.discriminatedUnion('type', [
	z.strictObject({ type: z.literal('environment'), set: Environment }),
	z.strictObject({
		type: z.literal('file').describe('values in a file of the app, set before each start and put back when the connection ends'),
		volume: Name,
		path: RelativePath,
		format: z.enum(['json', 'ini']),
		set: z.record(z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/, 'must be keys with dots, like server.url'), z.string()),
	}),
	z.strictObject({
		type: z.literal('http').describe('a call when the app is healthy; tried again when it fails'),
		to: z.enum(['app', 'partner']).default('app').describe('whose interface is called'),
		port: Name.describe('one of the ports of the app that is called'),
		...Call.shape,
		expect: z.array(z.int().min(100).max(599)).min(1).optional().describe('status codes; 200-299 when left out'),
		look: z
			.strictObject({ path: UrlPath, headers: z.record(z.string(), z.string()).default({}), contains: z.string().min(1) })
			.optional()
			.describe('asked first: what it contains when the call was made already'),
		undo: Call.optional().describe('made when the connection ends'),
	}),
]);
export type Hook = z.infer<typeof Hook>;
