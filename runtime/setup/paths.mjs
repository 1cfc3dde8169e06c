import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this set-up belongs to. */
export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where fetched programs live, shared by all checkouts of this user. */
export function cacheDirectory(env = process.env) {
	if (env.COVEY_CACHE) return env.COVEY_CACHE;
	return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'covey');
}

/** The first executable of that name on PATH, or null. */
export function findOnPath(program, env = process.env) {
	const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
	return folders.map((folder) => join(folder, program)).find(isExecutable) ?? null;
}

export function isExecutable(file) {
	try {
		accessSync(file, constants.X_OK);
		return statSync(file).isFile();
	} catch {
		return false;
	}
}
