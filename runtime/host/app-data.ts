// The files of an app's volumes, read piece by piece for a copy elsewhere. Nothing outside of the volumes is ever read: no link is
// followed, and a path is looked at again each time.
import { constants } from 'node:fs';
import { lstat, open, readdir, readlink, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Layout } from '../../actors/drivers/process/layout.ts';
import { hasCode } from '../disk/durable.ts';
import { CoveyError } from '../engine/errors.ts';
import { Name } from '../engine/record.ts';
import type { AppDumps } from './app-dumps.ts';

/** `data/notes/today.md`: a volume, and what is in it. */
const DataPath = z
	.string()
	.max(4_096)
	.refine(
		(path) => path !== '' && !path.split('/').some((part) => part === '' || part === '.' || part === '..'),
		'must be a path in a volume',
	);

const Part = z.enum(['volumes', 'dumps']).default('volumes');

export const DataRequest = z.discriminatedUnion('do', [
	z.object({ do: z.literal('list'), instance: Name, after: DataPath.nullable() }),
	z.object({ do: z.literal('read'), instance: Name, from: Part, path: DataPath, offset: z.number().int().nonnegative() }),
	/** Copies of its databases: begun, or how they stand. */
	z.object({ do: z.literal('dump'), instance: Name }),
	z.object({ do: z.literal('discard'), instance: Name }),
]);
export type DataRequest = z.infer<typeof DataRequest>;

export const DataEntry = z.object({
	path: z.string(),
	type: z.enum(['folder', 'file', 'link', 'other']),
	mode: z.number().int(),
	uid: z.number().int(),
	gid: z.number().int(),
	/** Bytes. */
	size: z.number(),
	/** ms since 1970 */
	changedAt: z.number(),
	/** Where a link leads. */
	target: z.string().optional(),
});
export type DataEntry = z.infer<typeof DataEntry>;

export const DataPage = z.object({ entries: z.array(DataEntry), next: z.string().nullable() });
export const DataPiece = z.object({ data: z.string(), end: z.boolean() });

const PAGE_ENTRIES = 1_000;
const PAGE_BYTES = 300_000;
const PIECE_BYTES = 512 * 1024;

/** Rejects with BAD_REQUEST for what is not there or no file. */
export async function answerAppData(layout: Layout, dumps: AppDumps, request: DataRequest): Promise<unknown> {
	switch (request.do) {
		case 'list':
			return listPage(layout, request);
		case 'read':
			return readPiece(request.from === 'dumps' ? dumps.folder(request.instance) : layout.app(request.instance), request);
		case 'dump':
			return dumps.ask(request.instance);
		case 'discard':
			return dumps.discard(request.instance);
	}
}

async function listPage(
	layout: Layout,
	{ instance, after }: Extract<DataRequest, { do: 'list' }>,
): Promise<z.infer<typeof DataPage>> {
	const root = layout.app(instance);
	const entries: DataEntry[] = [];
	let bytes = 0;
	for await (const entry of walk(root, '', after === null ? [] : after.split('/'))) {
		entries.push(entry);
		bytes += entry.path.length + 150;
		if (entries.length >= PAGE_ENTRIES || bytes >= PAGE_BYTES) return { entries, next: entry.path };
	}
	return { entries, next: null };
}

/** Folders before what is in them, names in order; begins behind the path `after`. */
async function* walk(root: string, folder: string, after: readonly string[]): AsyncGenerator<DataEntry> {
	const names = await namesIn(join(root, folder));
	const [first, ...rest] = after;
	for (const name of names) {
		if (first !== undefined && name < first) continue;
		const path = folder === '' ? name : `${folder}/${name}`;
		const isBehind = name === first;
		const entry = await entryAt(root, path);
		// The root has Covey's own notes, too; only folders of it are volumes.
		if (!entry || (folder === '' && entry.type !== 'folder')) continue;
		if (!isBehind) yield entry;
		if (entry.type === 'folder') yield* walk(root, path, isBehind ? rest : []);
	}
}

async function namesIn(folder: string): Promise<string[]> {
	try {
		return (await readdir(folder)).sort();
	} catch (error) {
		if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
		throw error;
	}
}

/** Null when it has just gone. */
async function entryAt(root: string, path: string): Promise<DataEntry | null> {
	try {
		const found = await lstat(join(root, path));
		const common = {
			path,
			mode: found.mode & 0o7777,
			uid: found.uid,
			gid: found.gid,
			size: found.size,
			changedAt: found.mtimeMs,
		};
		if (found.isSymbolicLink()) return { ...common, type: 'link', target: await readlink(join(root, path)) };
		return { ...common, type: found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other' };
	} catch (error) {
		if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
		throw error;
	}
}

async function readPiece(
	folder: string,
	{ path, offset }: Extract<DataRequest, { do: 'read' }>,
): Promise<z.infer<typeof DataPiece>> {
	const root = await realpath(folder).catch(() => null);
	const full = join(root ?? folder, path);
	const isInside = root !== null && (await realpath(dirname(full)).catch(() => null)) === dirname(full);
	if (!isInside) throw notThere(path);
	const file = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: unknown) => {
		if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) throw notThere(path);
		throw error;
	});
	try {
		if (!(await file.stat()).isFile()) throw notThere(path);
		const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, offset);
		return { data: buffer.toString('base64', 0, bytesRead), end: bytesRead < PIECE_BYTES };
	} finally {
		await file.close();
	}
}

const notThere = (path: string): CoveyError => new CoveyError('BAD_REQUEST', `There is no file ${path} in the app's data.`);
