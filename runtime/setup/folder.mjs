import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDirectory } from './paths.mjs';

const DRAFT = '.draft-';
// Retried: a child that was just killed may still be writing.
const EVERYTHING = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 };

/** Fills a folder beside its final place and moves it there in one step, so the final name never holds half a download. */
export async function makeFolder(final, fill) {
	mkdirSync(dirname(final), { recursive: true });
	const draft = mkdtempSync(join(dirname(final), DRAFT));
	try {
		const result = await fill(draft);
		if (existsSync(final)) rmSync(final, EVERYTHING);
		renameSync(draft, final);
		return result;
	} finally {
		rmSync(draft, EVERYTHING);
	}
}

/** Removes what killed set-ups left in a folder; call it only while holding that folder's lock. */
export function removeDrafts(folder) {
	for (const name of readdirSync(folder)) {
		if (name.startsWith(DRAFT)) rmSync(join(folder, name), EVERYTHING);
	}
}

/** A folder in the cache that is gone again when `work` ends. */
export async function inScratch(work) {
	mkdirSync(cacheDirectory(), { recursive: true });
	const scratch = mkdtempSync(join(cacheDirectory(), DRAFT));
	try {
		return await work(scratch);
	} finally {
		rmSync(scratch, EVERYTHING);
	}
}
