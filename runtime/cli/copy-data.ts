// Brings the data of an app into a local folder, file by file. What is written stays inside the folder: links are made last, and
// nothing is ever written through one.
import { chmodSync, closeSync, fsyncSync, lchownSync, lutimesSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportEntry } from '../api/export-contract.ts';
import { CoveyError } from '../engine/errors.ts';
import type { Client } from './client.ts';

export interface Copied {
	host: string;
	files: number;
	/** Bytes. */
	bytes: number;
	/** Files that changed or went while they were read. */
	torn: string[];
	/** Sockets, pipes and the like, which are no data. */
	left: string[];
}

/** `onFile` is told of each file with the bytes copied so far. */
export async function copyData(
	client: Pick<Client, 'ask'>,
	instance: string,
	to: string,
	onFile: (path: string, bytes: number) => void,
): Promise<Copied> {
	const copied: Copied = { host: '', files: 0, bytes: 0, torn: [], left: [] };
	const later: ExportEntry[] = [];
	for (let after: string | null = null; ; ) {
		const page: { host: string; entries: ExportEntry[]; next: string | null } = await client.ask('export.list', {
			instance,
			after,
		});
		copied.host = page.host;
		for (const entry of page.entries) {
			const path = join(to, insidePath(entry.path));
			if (entry.type === 'folder') mkdirSync(path, { mode: 0o700 });
			if (entry.type === 'file') {
				await copyFile(client, instance, entry, path, copied);
				onFile(entry.path, copied.bytes);
			}
			if (entry.type === 'other') copied.left.push(entry.path);
			else later.push(entry);
		}
		if (page.next === null) break;
		after = page.next;
	}
	// Innermost first: a folder's time and rights are set when nothing more comes into it.
	for (const entry of later.reverse()) finish(join(to, insidePath(entry.path)), entry);
	return copied;
}

/** A host that is not what it seems must not write elsewhere. */
export function insidePath(path: string): string {
	if (path.split('/').some((part) => part === '' || part === '.' || part === '..') || path.includes('\0'))
		throw new CoveyError('INTERNAL', `The host named a path that leads out of the folder: ${path}.`);
	return path;
}

/** One file of what the host has made for this, such as the dump of a database. */
export async function copyDump(client: Pick<Client, 'ask'>, instance: string, name: string, path: string): Promise<void> {
	const file = openSync(path, 'wx', 0o600);
	try {
		let offset = 0;
		for (let end = false; !end; ) {
			const piece = await client.ask('export.read', { instance, from: 'dumps', path: name, offset });
			const data = Buffer.from(piece.data, 'base64');
			for (let written = 0; written < data.length; ) written += writeSync(file, data, written);
			offset += data.length;
			end = piece.end;
		}
		fsyncSync(file);
	} finally {
		closeSync(file);
	}
}

async function copyFile(
	client: Pick<Client, 'ask'>,
	instance: string,
	entry: ExportEntry,
	path: string,
	copied: Copied,
): Promise<void> {
	const file = openSync(path, 'wx', 0o600);
	try {
		let offset = 0;
		for (let end = false; !end; ) {
			const piece = await client.ask('export.read', { instance, path: entry.path, offset }).catch((error: unknown) => {
				if (error instanceof CoveyError && error.code === 'BAD_REQUEST') return null;
				throw error;
			});
			if (!piece) break;
			const data = Buffer.from(piece.data, 'base64');
			for (let written = 0; written < data.length; ) written += writeSync(file, data, written);
			offset += data.length;
			end = piece.end;
		}
		fsyncSync(file);
		if (offset !== entry.size) copied.torn.push(entry.path);
		copied.files++;
		copied.bytes += offset;
	} finally {
		closeSync(file);
	}
}

function finish(path: string, { type, mode, uid, gid, changedAt, target }: ExportEntry): void {
	if (type === 'link') symlinkSync(target ?? '', path);
	else chmodSync(path, mode);
	if (process.getuid?.() === 0) lchownSync(path, uid, gid);
	if (type !== 'link' && process.getuid?.() === 0) chmodSync(path, mode);
	lutimesSync(path, changedAt / 1000, changedAt / 1000);
}
