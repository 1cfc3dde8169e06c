// Programs that are installed on the machine: where they are, and whether they are new enough.
import { execFile } from 'node:child_process';
import { accessSync, constants, globSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { CoveyError } from '../../../runtime/engine/errors.ts';

export interface FoundProgram {
	/** Absolute. */
	path: string;
	/** As the program says itself; null when nobody asked. */
	version: string | null;
}

export interface WantedProgram {
	program: string;
	/** Where else it may be, beside PATH; `*` in a folder's name stands for its versions, the newest is taken. */
	folders?: readonly string[] | undefined;
	minVersion?: string | undefined;
	hint?: string | undefined;
}

/** Looks along PATH. Rejects with MISSING_PROGRAM, telling how to install it. */
export async function findProgram(wanted: WantedProgram, searchPath: string): Promise<FoundProgram> {
	const path = onPath(wanted.program, searchPath) ?? inFolders(wanted.program, wanted.folders ?? []);
	const hint = wanted.hint ? ` ${wanted.hint}` : '';
	if (path === null) throw missing(wanted, `The program ${wanted.program} is not installed on this host.${hint}`);
	if (wanted.minVersion === undefined) return { path, version: null };
	const version = await versionOf(path);
	if (version === null)
		throw missing(wanted, `${path} does not tell its version; ${wanted.minVersion} or newer is needed.${hint}`);
	if (!isAtLeast(version, wanted.minVersion))
		throw missing(wanted, `${path} is version ${version}, and ${wanted.minVersion} or newer is needed.${hint}`);
	return { path, version };
}

/** The path of a program of this host. Rejects with MISSING_PROGRAM. */
export const assertProgram = async (wanted: WantedProgram): Promise<string> =>
	(await findProgram(wanted, process.env['PATH'] ?? '')).path;

/** The executable's absolute path, or null. */
export function onPath(program: string, searchPath: string): string | null {
	const candidates = isAbsolute(program)
		? [program]
		: searchPath
				.split(delimiter)
				.filter(isAbsolute)
				.map((folder) => join(folder, program));
	return candidates.find(isExecutable) ?? null;
}

function inFolders(program: string, folders: readonly string[]): string | null {
	const found = folders.flatMap((pattern) => globSync(join(pattern, program))).filter(isExecutable);
	return found.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0] ?? null;
}

/** Compares dotted numbers; a missing part counts as 0. */
export function isAtLeast(version: string, minimum: string): boolean {
	const [have, need] = [version, minimum].map((text) => text.split('.').map(Number));
	for (let index = 0; index < Math.max(have?.length ?? 0, need?.length ?? 0); index++) {
		const difference = (have?.[index] ?? 0) - (need?.[index] ?? 0);
		if (difference !== 0) return difference > 0;
	}
	return true;
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}

function versionOf(path: string): Promise<string | null> {
	return new Promise((resolve) => {
		execFile(path, ['--version'], { timeout: 20_000 }, (_error, stdout, stderr) => {
			resolve(/\d+(\.\d+)+/.exec(`${stdout}\n${stderr}`)?.[0] ?? null);
		});
	});
}

const missing = (wanted: WantedProgram, message: string): CoveyError =>
	new CoveyError('MISSING_PROGRAM', message, { details: { program: wanted.program, minVersion: wanted.minVersion ?? null } });
