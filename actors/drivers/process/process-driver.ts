// Runs apps as plain processes of this machine: no container engine, no service manager.
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { inTurn } from '../../../runtime/engine/in-turn.ts';
import { Name } from '../../../runtime/engine/record.ts';
import type { Driver, Generation, Reporter, UnitStatus } from '../driver.ts';
import type { HostPlan } from '../plan.ts';
import { buildPlan } from './build.ts';
import { openDataFolder } from './data-folder.ts';
import { orDiskFull } from './disk-full.ts';
import { BUILD_MARKER } from './family.ts';
import { currentGeneration, generationUnits, listGenerations, pruneGenerations, switchTo } from './generations.ts';
import { programPath } from './go.ts';
import type { LaunchPlace } from './launch.ts';
import { LOG_LIMITS, type LogLimits, removeLog } from './log-files.ts';
import { followLogs } from './log-follow.ts';
import { readLog } from './log-read.ts';
import { type NpmSource, packageFolder } from './npm.ts';
import { sortOrphans } from './orphans.ts';
import { rememberSecrets } from './secrets-memory.ts';
import { restoreSnapshot, saveSnapshot, snapshotPlan } from './snapshots.ts';
import { openStore } from './store.ts';
import { TIMING, type Timing } from './strikes.ts';
import { Supervisor, type SupervisorOptions } from './supervisor.ts';
import type { Unit } from './unit.ts';
import { usageMeter } from './usage.ts';
import { acceptData, dumpFile, type Identity, markData, readIdentity, trashData } from './volumes.ts';
import { waitHealthy } from './wait-healthy.ts';

export interface ProcessDriverOptions {
	/** Data directory; this process alone may use it. */
	data: string;
	/** Node for npm and for npm apps; this process's own by default. */
	node?: string;
	/** npm's executable; found along PATH by default. */
	npm?: string;
	/** npm's download cache; npm's own default otherwise. */
	npmCache?: string;
	timing?: Partial<Timing>;
	logLimits?: LogLimits;
	/** The version npm is asked for; the exact version of the plan by default. */
	npmSpec?(source: NpmSource): string;
	/** Secrets of an instance by the names of their placeholders; nothing has any by default. Rejects with STORE_UNAVAILABLE. */
	secretsOf?(instance: string): Promise<ReadonlyMap<string, string>>;
	/** Trouble that harms nobody but should be known. */
	warn?(error: CoveyError): void;
}

export interface ProcessDriver extends Driver {
	name: 'process';
	/** Moves the instance's data to the trash and returns where it is; null when there is none. Rejects with NOT_ALLOWED_NOW while it runs. */
	removeData(instance: string): Promise<string | null>;
	/** What is known of the instance's data; null when it has none here. */
	identity(instance: string): Promise<Identity | null>;
}

/** Rejects with DATA_DIR_UNUSABLE or DISK_FULL. */
export async function openProcessDriver(options: ProcessDriverOptions): Promise<ProcessDriver> {
	const { layout, dataId } = await openDataFolder(options.data);
	const node = options.node ?? process.execPath;
	const timing: Timing = { ...TIMING, ...options.timing };
	const limits = options.logLimits ?? LOG_LIMITS;
	const npm = { node, npm: options.npm, cache: options.npmCache, marker: { [BUILD_MARKER]: dataId } };
	const store = openStore({ layout, npm, spec: options.npmSpec ?? exactVersion });
	const secrets = rememberSecrets(options.secretsOf);
	const place: LaunchPlace = {
		layout,
		node,
		programOf: (unit) => programOf(unit, store.path),
		secretsOf: secrets.of,
		marker: (instance) => `${dataId}/${instance}`,
	};
	const warn = options.warn ?? (() => undefined);
	const supervisors = new Map<string, Supervisor>();
	const unitListeners = new Set<(status: UnitStatus) => void>();
	let mayStart = () => true;
	const supervisorOptions: SupervisorOptions = {
		place,
		timing,
		mayStart: () => mayStart(),
		waitsFor: ({ databases = [] }) => databases.map(({ server }) => server).find((server) => !isUp(server)) ?? null,
		changed: (status) => {
			for (const listener of [...unitListeners]) listener(status);
		},
		warn,
	};
	const follower = followLogs(layout.logs, limits, warn);
	const measure = usageMeter();
	const watching = setInterval(() => {
		for (const supervisor of supervisors.values()) supervisor.look();
	}, timing.watchMs);
	watching.unref();
	let adopted: Promise<{ kept: string[]; ended: string[] }> | null = null;
	/** Builds and removals never overlap: a new store entry belongs to no generation yet. */
	const inBuildLane = inTurn();

	const adoptOrphans = (plan: HostPlan | null) => {
		adopted ??= adoptNow(plan);
		return adopted;
	};

	async function adoptNow(plan: HostPlan | null) {
		const { kept, ended } = await sortOrphans(layout, dataId, plan);
		for (const { record, unit, generation } of kept) {
			const supervisor = new Supervisor(unit, generation, supervisorOptions);
			supervisors.set(record.instance, supervisor);
			supervisor.adopt({ record });
		}
		return { kept: kept.map(({ record }) => record.instance), ended };
	}

	function isUp(instance: string): boolean {
		const status = supervisors.get(instance)?.status().status;
		return status?.state === 'running' && status.healthy !== false;
	}

	async function activate(generation: Generation, plan: HostPlan, report: Reporter): Promise<void> {
		await adoptOrphans(plan);
		const units = generationUnits(layout, generation.number);
		if (generation.instances.some((instance) => !(instance in units))) {
			throw new CoveyError('BUILD_FAILED', `Generation ${generation.number} is not on this host any more; build again.`);
		}
		await orDiskFull('switching generations', () => switchTo(layout, generation.number));
		report.note({ kind: 'decide', text: `generation ${generation.number} is current` });
		const wanted = Object.entries(units).filter(([instance]) => instance in plan.apps);
		const names = new Set(wanted.map(([instance]) => instance));
		const gone = [...supervisors].filter(([instance]) => !names.has(instance));
		await Promise.all([
			...gone.map(async ([instance, supervisor]) => {
				await supervisor.stop();
				supervisors.delete(instance);
				secrets.forget(instance);
			}),
			...wanted.map(([instance, built]) => {
				const unit = withDataOf(built, plan);
				const supervisor = supervisors.get(instance) ?? new Supervisor(unit, generation.number, supervisorOptions);
				supervisors.set(instance, supervisor);
				if (plan.apps[instance]?.desired === 'running') return supervisor.run(unit, generation.number);
				supervisor.replace(unit, generation.number);
				return supervisor.stop();
			}),
		]);
	}

	function supervisorOf(instance: string): Supervisor {
		const supervisor = supervisors.get(instance);
		if (supervisor) return supervisor;
		throw new CoveyError('START_FAILED', `${instance} is not in this host's current generation.`, {
			details: { instance, known: [...supervisors.keys()] },
		});
	}

	async function orItsFailure(supervisor: Supervisor): Promise<void> {
		const { state } = supervisor.status().status;
		if ((state === 'waiting' || state === 'failed') && supervisor.failure) throw supervisor.failure;
	}

	return {
		name: 'process',
		build: (plan, report) => inBuildLane(() => buildPlan(plan, place, store, report)),
		activate,
		rollback: async (plan, report) => {
			const current = currentGeneration(layout);
			const previous = listGenerations(layout).findLast((generation) => current !== null && generation.number < current.number);
			if (!previous) throw new CoveyError('NOT_ALLOWED_NOW', 'There is no generation before the current one.');
			await activate(previous, plan, report);
			return previous;
		},
		generations: async () => listGenerations(layout),
		current: async () => currentGeneration(layout),
		units: async () => {
			const usage = measure([...supervisors.values()].map(({ pid }) => pid).filter((pid) => pid !== null));
			return [...supervisors.values()].map((supervisor) => ({ ...supervisor.status(), ...usage.get(supervisor.pid ?? 0) }));
		},
		start: async (instance) => {
			const supervisor = supervisorOf(instance);
			if (supervisor.pid === null) await supervisor.restart();
			await orItsFailure(supervisor);
		},
		stop: async (instance) => supervisors.get(instance)?.stop(),
		restart: async (instance) => {
			await supervisorOf(instance).restart();
			await orItsFailure(supervisorOf(instance));
		},
		waitHealthy: async (instance, report) =>
			waitHealthy({
				supervisor: supervisorOf(instance),
				log: layout.log(instance),
				report,
				onChange: (listener) => {
					unitListeners.add(listener);
					return () => unitListeners.delete(listener);
				},
			}),
		markData: async (instance) => markData(layout, Name.parse(instance)),
		saveData: (app, id, signal, fill) => saveSnapshot(layout, app, id, signal, fill),
		savedPlan: async (instance, id) => snapshotPlan(layout, Name.parse(instance), id),
		restoreData: (instance, id, signal, refill) => restoreSnapshot(layout, Name.parse(instance), id, signal, refill),
		dumpFile: async (instance, database) => dumpFile(layout, Name.parse(instance), Name.parse(database)),
		acceptData: async (instance) => {
			if (supervisors.get(instance)?.pid)
				throw new CoveyError('NOT_ALLOWED_NOW', `${instance} is running: there is nothing to decide about its data.`);
			acceptData(layout, Name.parse(instance));
		},
		logs: async (instance, query) => {
			follower.sweep();
			return readLog(layout.log(Name.parse(instance)), instance, query, limits);
		},
		onLog: follower.onLog,
		onUnit: (listener) => {
			unitListeners.add(listener);
			return () => unitListeners.delete(listener);
		},
		adoptOrphans,
		collectGarbage: (plan) =>
			inBuildLane(async () => {
				store.keepOnly(pruneGenerations(layout));
				for (const name of readdirSync(layout.logs).filter((file) => file.endsWith('.log'))) {
					const instance = basename(name, '.log');
					if (!(instance in plan.apps) && !supervisors.has(instance)) removeLog(layout.log(instance), limits);
				}
			}),
		removeData: async (instance) => {
			if (supervisors.get(instance)?.pid)
				throw new CoveyError('NOT_ALLOWED_NOW', `${instance} is running; stop it before its data is removed.`);
			return trashData(layout, Name.parse(instance));
		},
		fence: (ask) => {
			mayStart = ask;
		},
		identity: async (instance) => readIdentity(layout, Name.parse(instance)),
		shutdown: async () => {
			clearInterval(watching);
			const all = [...supervisors.values()];
			const isUser = ({ unit }: Supervisor) => (unit.app.databases ?? []).length > 0;
			// Their databases last, so that they can write what they still have to.
			await Promise.all(all.filter(isUser).map((supervisor) => supervisor.stop()));
			await Promise.all(all.map((supervisor) => supervisor.stop()));
			follower.stop();
		},
	};
}

/** A generation may be older than what is known of the data by now. */
function withDataOf(unit: Unit, plan: HostPlan): Unit {
	const { data: _, ...app } = unit.app;
	const known = plan.apps[app.instance]?.data;
	return { ...unit, app: known ? { ...app, data: known } : app };
}

function programOf({ app, source }: Unit, storePath: (hash: string) => string): { package: string } | { program: string } {
	if (source.type === 'binary') return { program: source.path };
	if (source.type === 'npm' && app.source.type === 'npm') return { package: packageFolder(storePath(source.store), app.source) };
	if (source.type === 'go' && app.source.type === 'go') return { program: programPath(storePath(source.store), app.source) };
	throw new CoveyError('INTERNAL', `${app.instance} was built from something else than its plan says.`);
}

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Only versions: a tag, a range, an address or a path would fetch something else tomorrow. */
function exactVersion({ package: name, version }: NpmSource): string {
	if (EXACT.test(version)) return version;
	throw new CoveyError('BAD_CATALOG', `${name}: "${version}" is not an exact version.`, { details: { package: name, version } });
}
