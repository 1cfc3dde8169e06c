// The journal of a host that has few jobs, a witness: one JSON file, written anew and synced at every change. As with the journal in
// SQLite a damaged file is moved aside and a new one begun.
import { existsSync, linkSync } from 'node:fs';
import { z } from 'zod';
import { readText, writeDurably } from '../disk/durable.ts';
import { CoveyError, toCoveyError } from '../engine/errors.ts';
import { jsonOf } from '../engine/json.ts';
import { Name } from '../engine/record.ts';
import { damagedName } from './damaged-file.ts';
import { type JobRow, type Journal, type JournalContents, memoryJournal } from './journal.ts';

const SCHEMA = 1;

const Row = z.object({
	key: z.string(),
	actor: z.object({ kind: Name, id: Name }),
	epoch: z.int(),
	token: z.int(),
	effect: z.string(),
	input: z.json(),
	owner: z.string(),
	state: z.enum(['running', 'done', 'failed', 'aborted']),
	attempts: z.int(),
	interrupted: z.int(),
	nextAt: z.number(),
	end: z
		.union([
			z.object({ status: z.literal('done'), output: z.json() }),
			z.object({
				status: z.literal('failed'),
				error: z.looseObject({ code: z.string(), message: z.string(), next: z.string() }),
			}),
		])
		.nullable(),
	notes: z.array(z.looseObject({ at: z.number(), kind: z.string(), text: z.string() })),
	created: z.number(),
	ended: z.number().nullable(),
	acked: z.boolean(),
});
const Contents = z.object({
	schema: z.literal(SCHEMA),
	forgot: z.boolean(),
	jobs: z.array(Row),
	marks: z.record(z.string(), z.object({ epoch: z.int(), retiredSeq: z.int(), kept: z.array(z.string()) })),
});

export interface FileJournalOptions {
	/** Another journal that this directory may have had: then what it knew is forgotten here. */
	instead?: string;
	/** Called when a damaged journal was moved aside, with the path it has now. */
	onMovedAside?(path: string, reason: string): void;
}

/** Throws NEWER_RECORD for a journal of a newer Covey, DISK_FULL, or DATA_DIR_UNUSABLE. */
export function openFileJournal(path: string, { instead, onMovedAside }: FileJournalOptions = {}): Journal {
	const keep = (contents: JournalContents) => save(path, contents);
	const found = contentsOf(path);
	if (found === null) return memoryJournal({ forgot: instead !== undefined && existsSync(instead), jobs: [], marks: {} }, keep);
	if ('contents' in found) return memoryJournal(found.contents, keep);
	const aside = damagedName(path);
	// A second name first: killed in between, the next start must not take a missing file for a new directory.
	guarded(path, () => linkSync(path, aside));
	const empty = { forgot: true, jobs: [], marks: {} };
	save(path, empty);
	onMovedAside?.(aside, found.damage);
	return memoryJournal(empty, keep);
}

function contentsOf(path: string): { contents: JournalContents } | { damage: string } | null {
	const text = guarded(path, () => readText(path));
	if (text === null) return null;
	const value = jsonOf(text);
	const version = z.looseObject({ schema: z.number() }).safeParse(value);
	if (version.success && version.data.schema > SCHEMA) {
		const message = `The journal ${path} has schema ${version.data.schema}, this version of Covey knows up to ${SCHEMA}; it was left alone.`;
		throw new CoveyError('NEWER_RECORD', message);
	}
	const parsed = Contents.safeParse(value);
	if (!parsed.success) return { damage: z.prettifyError(parsed.error) };
	const { forgot, jobs, marks } = parsed.data;
	// Notes and errors are as this program, or an older one, has written them.
	return { contents: { forgot, jobs: jobs as JobRow[], marks } };
}

const save = (path: string, contents: JournalContents): void =>
	guarded(path, () => writeDurably(path, JSON.stringify({ schema: SCHEMA, ...contents })));

function guarded<T>(path: string, work: () => T): T {
	try {
		return work();
	} catch (thrown) {
		const { code, message } = toCoveyError(thrown, 'DATA_DIR_UNUSABLE');
		throw new CoveyError(code, `The journal ${path} cannot be used: ${message}`, { cause: thrown });
	}
}
