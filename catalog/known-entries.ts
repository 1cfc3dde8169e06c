// Entries that were read before, kept in one file: a host that starts again reads no YAML.
import { hash as digest } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CatalogEntry } from './entry.ts';
import type { Known } from './read-catalog.ts';

export interface KnownFile extends Known {
	/** Keeps what was asked for in this life, and forgets the rest. A file that cannot be written costs time at the next start, nothing else. */
	save(): { status: 'saved' | 'unchanged' } | { status: 'failed'; reason: string };
}

/** A file that is absent, unreadable or of another Covey counts as empty. */
export function knownEntries(file: string): KnownFile {
	const schema = schemaHash();
	const before = readBefore(file, schema);
	const used = new Map<string, CatalogEntry>();
	let isNew = false;
	return {
		get(text) {
			const key = hash(text);
			const entry = used.get(key) ?? before.get(key);
			if (entry) used.set(key, entry);
			return entry;
		},
		keep(text, entry) {
			isNew = true;
			used.set(hash(text), entry);
		},
		save() {
			if (!isNew) return { status: 'unchanged' };
			return write(file, JSON.stringify({ schema, entries: Object.fromEntries(used) }));
		},
	};
}

function readBefore(file: string, schema: string): Map<string, CatalogEntry> {
	try {
		const found = JSON.parse(readFileSync(file, 'utf8')) as { schema?: unknown; entries?: Record<string, CatalogEntry> };
		return new Map(found.schema === schema ? Object.entries(found.entries ?? {}) : []);
	} catch {
		return new Map();
	}
}

/** Several hosts of one machine may write at once: whoever renames last wins, and each file is whole. */
function write(file: string, text: string): ReturnType<KnownFile['save']> {
	const draft = `${file}.${process.pid}`;
	try {
		mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
		writeFileSync(draft, text, { mode: 0o600 });
		renameSync(draft, file);
		return { status: 'saved' };
	} catch (error) {
		rmSync(draft, { force: true });
		return { status: 'failed', reason: error instanceof Error ? error.message : String(error) };
	}
}

/** Changes with every change of the schema's source, so an entry is never taken for what an older schema made of it. */
function schemaHash(): string {
	const folder = new URL('schema/', import.meta.url);
	const files = [
		...readdirSync(folder).map((name) => new URL(name, folder)),
		...['entry.ts', 'quantity.ts'].map((name) => new URL(name, import.meta.url)),
	];
	return hash(files.map((file) => readFileSync(fileURLToPath(file), 'utf8')).join('\0'));
}

const hash = (text: string): string => digest('sha256', text, 'base64url').slice(0, 22);
