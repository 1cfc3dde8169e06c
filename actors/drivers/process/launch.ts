// Starts one unit's process: detached in its own session, writing to its log file by itself, so that it
// outlives the host's process; known by a marker from its first instant and by a record before it counts.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { PlannedApp } from '../plan.ts';
import { ARGV, expander } from './expand.ts';
import { endFamily, UNIT_MARKER } from './family.ts';
import type { Layout } from './layout.ts';
import { bootId, readProc } from './proc.ts';
import { type UnitRecord, writeRecord } from './records.ts';
import { timezone } from './timezone.ts';
import type { Unit } from './unit.ts';
import { unitUser } from './unit-user.ts';

export interface LaunchPlace {
	layout: Layout;
	node: string;
	/** Folder of the npm package of a unit, or the program it has. */
	programOf(unit: Unit): { package: string } | { program: string };
	/** Secrets of an app, by the names of their placeholders. Rejects with STORE_UNAVAILABLE. */
	secretsOf(app: PlannedApp): Promise<Secrets>;
	marker(instance: string): string;
}

export type Secrets = ReadonlyMap<string, string>;

export interface Launched {
	record: UnitRecord;
	/** Absent when the process was started by an earlier process of this host. */
	child?: ChildProcess;
}

/** Everything a process of the unit is started with, health commands included. */
export function surroundings(unit: Unit, place: LaunchPlace, secrets: Secrets, folder?: string) {
	const { app } = unit;
	const { layout } = place;
	const volume = (name: string) => layout.volume(app.instance, name);
	const expand = expander(app, {
		...place.programOf(unit),
		node: place.node,
		volume,
		secrets,
		...(folder === undefined ? {} : { folder }),
	});
	const first = app.volumes[0];
	const env: Record<string, string> = {
		PATH: `${dirname(place.node)}${delimiter}${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`,
		HOME: layout.app(app.instance),
		TZ: timezone(),
		LANG: process.env['LANG'] ?? 'C.UTF-8',
	};
	for (const [name, value] of Object.entries(app.env)) env[name] = expand(value, `env ${name}`);
	env[UNIT_MARKER] = place.marker(app.instance);
	return {
		argv: app.command.map((argument) => expand(argument, ARGV)),
		env,
		cwd: first ? layout.volume(app.instance, first.name) : layout.app(app.instance),
		expand,
	};
}

/** Rejects with START_FAILED when the command cannot be run; a failed record write ends the process again. */
export async function launch(
	unit: Unit,
	place: LaunchPlace,
	secrets: Secrets,
	generation: number,
	restarts: number,
): Promise<Launched> {
	const { argv, env, cwd } = surroundings(unit, place, secrets);
	const { instance } = unit.app;
	const child = spawnDetached(argv, { env, cwd, ...(unitUser(unit.app) ?? {}) }, place.layout.log(instance));
	const pid = await started(child, unit.app, argv);
	const startTime = readProc(pid)?.startTime ?? '';
	const record: UnitRecord = {
		schema: 1,
		instance,
		pid,
		startTime,
		bootId: bootId(),
		hash: unit.hash,
		generation,
		startedAt: Date.now(),
		restarts,
	};
	try {
		writeRecord(place.layout, record);
	} catch (error) {
		await endFamily({ marker: place.marker(instance), main: { pid, startTime } }, 0);
		throw error;
	}
	return { record, child };
}

function spawnDetached(argv: string[], how: SpawnOptions & { cwd: string }, log: string): ChildProcess {
	mkdirSync(how.cwd, { recursive: true, mode: 0o750 });
	const output = openSync(log, 'a', 0o640);
	try {
		const [command = '', ...args] = argv;
		const child = spawn(command, args, { ...how, detached: true, stdio: ['ignore', output, output] });
		child.unref();
		return child;
	} finally {
		closeSync(output);
	}
}

function started(child: ChildProcess, app: PlannedApp, argv: string[]): Promise<number> {
	return new Promise((resolve, reject) => {
		child.once('error', (cause) => {
			reject(new CoveyError('START_FAILED', `${app.instance} could not be started: ${argv[0]}: ${cause.message}`, { cause }));
		});
		// A process that could be started has its id at once; 'spawn' would come a tick later and widen the gap to the record.
		if (child.pid !== undefined) resolve(child.pid);
	});
}
