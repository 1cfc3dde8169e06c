// Data of removed apps, kept for a while: `<data>/trash/<instance>-<time>`. Into it and out of it leads one rename.
//
// T1. Nothing is deleted where it could still be found: what is given up gets another name first, so that a deletion cut short by a
//     crash is finished, never restored.
// T2. Nothing expires by one look at the clock: a machine that starts with a wrong date must not lose what it keeps.
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, syncFolder } from '../../../runtime/disk/durable.ts';
import { CoveyError, toCoveyError } from '../../../runtime/engine/errors.ts';
import type { Layout } from './layout.ts';
import { Identity } from './volumes.ts';

export const TRASH_DAYS = 30;
export const KEPT_MS = TRASH_DAYS * 86_400_000;
/** An expired thing is given up when it was found expired this long ago, too, ms. */
const SURE_AFTER_MS = 3_600_000;
/** More files than this are not counted. */
const MOST_FILES = 20_000;
const GONE = '.gone-';

export interface Trashed {
	id: string;
	instance: string;
	/** Null: it never started. */
	app: string | null;
	/** When it was removed, ms. */
	at: number;
	/** Null: too many files to count. */
	bytes: number | null;
}

export interface Trash {
	/** The latest first. */
	list(): Promise<Trashed[]>;
	/** Makes it the data of its instance again. Throws UNKNOWN_TRASH, or NAME_TAKEN when the instance has other data by now. */
	restore(id: string): string;
	/** Deletes one, or everything. Names of what is gone; the space follows soon. Throws UNKNOWN_TRASH. */
	empty(id: string | null): string[];
	/** Deletes what has expired, and what a crash left half deleted. `uptimeMs`: on a clock that never jumps. */
	sweep(now: number, uptimeMs: number): Promise<string[]>;
}

type Folders = Pick<Layout, 'trash' | 'apps' | 'app'>;

export function openTrash(layout: Folders, onFailure: (error: CoveyError) => void): Trash {
	const seenExpired = new Map<string, number>();

	const giveUp = (ids: readonly string[]): string[] => {
		for (const id of ids) renameSync(join(layout.trash, id), join(layout.trash, `${GONE}${id}`));
		if (ids.length > 0) syncFolder(layout.trash);
		return [...ids];
	};
	const deleteGone = async (): Promise<void> => {
		for (const name of readdirSync(layout.trash).filter((one) => one.startsWith(GONE)))
			await rm(join(layout.trash, name), { recursive: true, force: true }).catch((thrown) => onFailure(toCoveyError(thrown)));
	};

	return {
		list: async () => {
			const items = entries(layout).sort((a, b) => b.at - a.at);
			return Promise.all(items.map(async (item) => ({ ...item, bytes: await bytesOf(join(layout.trash, item.id)) })));
		},
		restore(id) {
			const { instance } = found(layout, id);
			if (existsSync(layout.app(instance)))
				throw new CoveyError('NAME_TAKEN', `There is other data of ${instance} on this host; remove that first.`);
			renameSync(join(layout.trash, id), layout.app(instance));
			syncFolder(layout.trash);
			syncFolder(layout.apps);
			return instance;
		},
		empty(id) {
			const gone = giveUp(id === null ? entries(layout).map((item) => item.id) : [found(layout, id).id]);
			void deleteGone();
			return gone;
		},
		async sweep(now, uptimeMs) {
			const expired = entries(layout).filter(({ at }) => now - at > KEPT_MS);
			for (const id of [...seenExpired.keys()]) if (!expired.some((item) => item.id === id)) seenExpired.delete(id);
			for (const { id } of expired) if (!seenExpired.has(id)) seenExpired.set(id, uptimeMs);
			const sure = expired.filter(({ id }) => uptimeMs - (seenExpired.get(id) ?? uptimeMs) >= SURE_AFTER_MS);
			const gone = giveUp(sure.map(({ id }) => id));
			await deleteGone();
			return gone;
		},
	};
}

const NAME = /^(.+)-(\d{4}-\d\d-\d\d)t(\d\d)-(\d\d)-(\d\d)-(\d{3})z$/;

function entries(layout: Folders): Omit<Trashed, 'bytes'>[] {
	return readdirSync(layout.trash).flatMap((id) => {
		const [, instance, day, hours, minutes, seconds, millis] = NAME.exec(id) ?? [];
		if (instance === undefined || instance.startsWith('.')) return [];
		const at = Date.parse(`${day}T${hours}:${minutes}:${seconds}.${millis}Z`);
		return [{ id, instance, app: appOf(join(layout.trash, id)), at }];
	});
}

/** An identity that cannot be read does not hide the data. */
function appOf(folder: string): string | null {
	try {
		return readJson(join(folder, '.covey.json'), Identity)?.app ?? null;
	} catch {
		return null;
	}
}

function found(layout: Folders, id: string): Omit<Trashed, 'bytes'> {
	const item = entries(layout).find((one) => one.id === id);
	if (item) return item;
	throw new CoveyError('UNKNOWN_TRASH', `There is no ${id} in the trash.`);
}

async function bytesOf(folder: string): Promise<number | null> {
	let bytes = 0;
	let files = 0;
	const open = [folder];
	for (let next = open.pop(); next !== undefined; next = open.pop()) {
		for (const entry of await readdir(next, { withFileTypes: true })) {
			if (++files > MOST_FILES) return null;
			const path = join(next, entry.name);
			if (entry.isDirectory()) open.push(path);
			else if (entry.isFile()) bytes += (await stat(path)).size;
		}
	}
	return bytes;
}
