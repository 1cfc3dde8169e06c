// A catalog that people added: its files packed into one document, so that every host has the same bytes.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { CoveyError } from '../runtime/engine/errors.ts';
import { jsonOf } from '../runtime/engine/json.ts';
import { Name } from '../runtime/engine/record.ts';
import type { Source } from './read-catalog.ts';
import { MAX_FILE_BYTES } from './read-entry.ts';

export const CatalogOrigin = z.discriminatedUnion('type', [
	z.strictObject({
		type: z.literal('git'),
		url: z.string().max(500),
		branch: z.string().max(200).nullable(),
		/** Folder of the repository with the files; empty: `apps` if there is one, else its root. */
		folder: z.string().max(200),
		commit: z.string().max(64),
	}),
	z.strictObject({ type: z.literal('folder'), path: z.string().max(500), machine: z.string().max(100) }),
]);
export type CatalogOrigin = z.infer<typeof CatalogOrigin>;

export const AddedCatalog = z.object({
	schema: z.literal(1),
	name: Name,
	origin: CatalogOrigin,
	/** ms since 1970 */
	at: z.number(),
	by: z.string(),
	digest: z.string(),
	apps: z.number().int(),
	/** gzip, base64. */
	pack: z.string(),
});
export type AddedCatalog = z.infer<typeof AddedCatalog>;

/** One message of NATS takes 1 MiB. */
const MAX_PACK = 700_000;
const MAX_UNPACKED = 4 * 2 ** 20;
export const MAX_FILES = 500;

const Packed = z.array(z.tuple([z.string().regex(/^[a-z0-9-]+\.ya?ml$/), z.string().max(MAX_FILE_BYTES)])).max(MAX_FILES);

/** Throws BAD_CATALOG when it is too much. */
export function packSources(sources: readonly Source[]): { pack: string; digest: string } {
	if (sources.length > MAX_FILES) throw tooMuch(`it has ${sources.length} files, and ${MAX_FILES} is the limit`);
	const files = sources.map(({ file, text }) => [basename(file), text] as const).sort(([a], [b]) => (a < b ? -1 : 1));
	const text = JSON.stringify(files);
	const pack = gzipSync(text, { level: 9 }).toString('base64');
	if (pack.length > MAX_PACK) throw tooMuch(`packed it has ${pack.length} bytes, and ${MAX_PACK} is the limit`);
	return { pack, digest: digestOf(text) };
}

/** Throws BAD_CATALOG for what is no pack, or too much. */
export function unpackSources(pack: string): { sources: Source[]; digest: string } {
	if (pack.length > MAX_PACK) throw tooMuch(`packed it has ${pack.length} bytes, and ${MAX_PACK} is the limit`);
	const text = unzip(pack);
	const files = Packed.safeParse(jsonOf(text));
	if (!files.success) throw tooMuch('its files are not named like apps, or one is too large');
	return { sources: files.data.map(([file, content]) => ({ file, text: content })), digest: digestOf(text) };
}

/** A few bytes can stand for gigabytes. */
function unzip(pack: string): string {
	try {
		return gunzipSync(Buffer.from(pack, 'base64'), { maxOutputLength: MAX_UNPACKED }).toString('utf8');
	} catch (error) {
		throw tooMuch(error instanceof Error ? error.message : String(error));
	}
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

const tooMuch = (why: string): CoveyError => new CoveyError('BAD_CATALOG', `The catalog cannot be taken: ${why}.`);
