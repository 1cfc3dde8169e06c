// What some programs make once, before their first start: the files of a database server. Whole or not at all.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../../runtime/disk/durable.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { PlannedApp } from '../plan.ts';
import { ARGV } from './expand.ts';
import { type LaunchPlace, type Secrets, surroundings } from './launch.ts';
import type { Layout } from './layout.ts';
import { onPath } from './programs.ts';
import { runTool } from './tool.ts';
import type { Unit } from './unit.ts';
import { unitUser } from './unit-user.ts';
import { noteMaker, readIdentity } from './volumes.ts';

const LIMIT_MS = 300_000;

/** Rejects with START_FAILED, or with NEVER_EMPTY where it was made before and is gone. */
export async function makeFirst(unit: Unit, place: LaunchPlace, secrets: Secrets): Promise<void> {
	const { app, source } = unit;
	const [volume] = app.volumes;
	if (!app.init || !volume || source.type !== 'binary') return;
	const home = place.layout.volume(app.instance, volume.name);
	const folder = join(home, app.init.folder);
	if (existsSync(folder)) return;
	if (readIdentity(place.layout, app.instance)?.volumes[volume.name]?.proven)
		throw new CoveyError('NEVER_EMPTY', `${app.instance} had its data in ${folder}, and that is gone. It was not made anew.`, {
			details: { instance: app.instance, path: folder, state: 'missing' },
		});
	const temporary = `${folder}.new`;
	rmSync(temporary, { recursive: true, force: true });
	const { env, expand } = surroundings(unit, place, secrets, temporary);
	const finished = await runTool(
		app.init.command.map((argument) => expand(argument, ARGV)),
		{ cwd: home, env, user: unitUser(app), signal: new AbortController().signal, limitMs: LIMIT_MS },
	);
	if (finished.status !== 'done') {
		const why = finished.status === 'failed' ? finished.exit : `it took longer than ${LIMIT_MS / 1000} s`;
		throw new CoveyError('START_FAILED', `${app.instance}: what it needs before its first start could not be made: ${why}.`, {
			details: { instance: app.instance, log: finished.lines.slice(-20) },
		});
	}
	noteMaker(place.layout, app, source.path);
	renameSync(temporary, folder);
	syncFolder(home);
}

/** Files made by one version of a program stay with it, when a newer one is installed beside it; null when there are none. */
export function makerOf(layout: Layout, app: PlannedApp): string | null {
	const maker = app.init ? readIdentity(layout, app.instance)?.maker : undefined;
	return maker === undefined ? null : onPath(maker, '');
}
