// Copies of an instance's data, for the way back from a change: `<data>/snapshots/<instance>/<id>`, whole or not there.
//
// S1. Nothing of a way back deletes: what the change made of the data is put aside beside the copy.
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJson, syncFolder, writeJson } from '../../../runtime/disk/durable.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { DumpPlace } from '../driver.ts';
import { PlannedApp } from '../plan.ts';
import type { Layout } from './layout.ts';
import { runTool } from './tool.ts';

const KEPT = 2;
const PLAN_FILE = '.planned.json';
const LIMIT_MS = 6 * 3_600_000;

/** Nothing when it is there already. `fill` adds what is not in the folder: databases. The app must not run. Rejects with DISK_FULL, EFFECT_FAILED, CANCELLED. */
export async function saveSnapshot(
	layout: Layout,
	app: PlannedApp,
	id: string,
	signal: AbortSignal,
	fill: (place: DumpPlace) => Promise<void>,
): Promise<void> {
	const target = folderOf(layout, app.instance, id);
	if (existsSync(target)) return;
	const temporary = `${target}.new`;
	mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
	rmSync(temporary, { recursive: true, force: true });
	await copy(layout.app(app.instance), temporary, signal);
	mkdirSync(join(temporary, '.databases'), { recursive: true, mode: 0o700 });
	await fill((database) => dumpIn(temporary, database));
	writeJson(join(temporary, PLAN_FILE), app);
	await run(['sync', '-f', temporary], signal);
	renameSync(temporary, target);
	syncFolder(dirname(target));
	prune(dirname(target));
}

/** The app as it was planned then; null when there is no such copy. */
export const snapshotPlan = (layout: Layout, instance: string, id: string): PlannedApp | null =>
	readJson(join(folderOf(layout, instance, id), PLAN_FILE), PlannedApp);

/** The data is as it was, done once or twice. `refill` brings databases back. The app must not run. Rejects as `saveSnapshot` does. */
export async function restoreSnapshot(
	layout: Layout,
	instance: string,
	id: string,
	signal: AbortSignal,
	refill: (place: DumpPlace) => Promise<void>,
): Promise<void> {
	const source = folderOf(layout, instance, id);
	const aside = `${source}.changed`;
	const home = layout.app(instance);
	const done = `${source}.returned`;
	if (existsSync(done)) return;
	// Both there: it was done before, and a crash came before anybody heard of it.
	if (!existsSync(aside) || !existsSync(home)) {
		const temporary = `${source}.back`;
		rmSync(temporary, { recursive: true, force: true });
		await copy(source, temporary, signal);
		rmSync(join(temporary, PLAN_FILE), { force: true });
		rmSync(join(temporary, '.databases'), { recursive: true, force: true });
		await run(['sync', '-f', temporary], signal);
		if (existsSync(home)) renameSync(home, aside);
		renameSync(temporary, home);
		syncFolder(layout.apps);
		syncFolder(dirname(source));
	}
	await refill((database) => dumpIn(source, database));
	writeJson(done, { at: Date.now() });
}

const folderOf = (layout: Layout, instance: string, id: string): string => join(layout.snapshots, instance, id);

const dumpIn = (folder: string, database: string): string => join(folder, '.databases', `${database}.dump`);

/** With owners, times and sparse places; on file systems that can, without taking room. */
async function copy(from: string, to: string, signal: AbortSignal): Promise<void> {
	if (!existsSync(from)) return void mkdirSync(to, { recursive: true, mode: 0o750 });
	if (process.platform !== 'linux')
		return cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
	await run(['cp', '--archive', '--reflink=auto', '--sparse=auto', from, to], signal);
}

async function run(argv: string[], signal: AbortSignal): Promise<void> {
	const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8' };
	const finished = await runTool(argv, { cwd: '/', env, signal, limitMs: LIMIT_MS });
	if (finished.status === 'done') return;
	if (finished.status === 'cancelled') throw new CoveyError('CANCELLED', 'The copy of the data was cancelled.');
	const said = finished.lines.at(-1) ?? finished.status;
	throw new CoveyError(/no space left/i.test(said) ? 'DISK_FULL' : 'EFFECT_FAILED', `The data could not be copied: ${said}`);
}

/** Names rise with time; what was put aside goes with its copy. */
function prune(folder: string): void {
	const ids = [...new Set(readdirSync(folder).map((name) => name.replace(/\..*$/, '')))].sort();
	for (const id of ids.slice(0, -KEPT))
		for (const name of readdirSync(folder).filter((one) => one === id || one.startsWith(`${id}.`)))
			rmSync(join(folder, name), { recursive: true, force: true });
}
