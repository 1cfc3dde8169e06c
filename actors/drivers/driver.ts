// One contract for every way of running apps; test/actors/drivers/contract.ts tries each driver with it.
import type { ErrorCode, WireError } from '../../runtime/engine/errors.ts';
import type { EffectContext } from '../effect.ts';
import type { DataMark, HostPlan, PlannedApp } from './plan.ts';

/** Path for a copy of the database of that name. */
export type DumpPlace = (database: string) => string;

/** The part of an effect's context a driver uses to tell what it does. */
export type Reporter = Pick<EffectContext, 'signal' | 'progress' | 'note'>;

export interface Generation {
	/** Rises by one with each build that differs; the number a person sees. */
	number: number;
	/** Digest of its content: the same plan gives the same digest. */
	digest: string;
	builtAt: number;
	/** The instances it contains. */
	instances: string[];
}

export interface BuildOutcome {
	generation: Generation;
	/** Instances that could not be built: the generation has their unit of the current generation, or none. The others are unharmed. */
	failed: Record<string, WireError>;
}

export type UnitState =
	| { state: 'running'; pid: number; since: number; healthy: boolean | null }
	| { state: 'starting'; pid: number; since: number }
	/** Crashed; starts again at `at`. */
	| { state: 'waiting'; restarts: number; at: number; reason: string; code?: ErrorCode }
	/** Gave up after too many crashes or too long without health. */
	| { state: 'failed'; reason: string; code?: ErrorCode }
	| { state: 'stopped' };

export interface UnitStatus {
	instance: string;
	unit: string;
	status: UnitState;
	restarts: number;
	/** Bytes; absent when not running. */
	memoryBytes?: number;
	cpuPercent?: number;
}

export interface LogLine {
	at: number;
	unit: string;
	stream: 'out' | 'err';
	line: string;
}

export interface LogQuery {
	/** At most this many, the newest. */
	lines: number;
	sinceMs?: number;
	search?: string;
}

export interface Driver {
	name: 'process' | 'podman' | 'nixos';
	/** Builds every app of the plan it can; one app's failure leaves the others unharmed. Changes nothing that runs. */
	build(plan: HostPlan, report: Reporter): Promise<BuildOutcome>;
	/** Makes a built generation current by one atomic step, then starts, stops or leaves each unit by its hash. */
	activate(generation: Generation, plan: HostPlan, report: Reporter): Promise<void>;
	/** Activates the generation before the current one. */
	rollback(plan: HostPlan, report: Reporter): Promise<Generation>;
	generations(): Promise<Generation[]>;
	current(): Promise<Generation | null>;
	units(): Promise<UnitStatus[]>;
	start(instance: string): Promise<void>;
	stop(instance: string): Promise<void>;
	restart(instance: string): Promise<void>;
	/** Waits until the instance is healthy; rejects with UNHEALTHY or START_FAILED when its start period is over. */
	waitHealthy(instance: string, report: Reporter): Promise<void>;
	/** Notes in the instance's data that it was healthy on it, for the plan to remember. Null when it keeps none. */
	markData(instance: string): Promise<DataMark | null>;
	/** Where a copy of one of its databases lies, beside its volumes: it goes where they go. The folder is there. */
	dumpFile(instance: string, database: string): Promise<string>;
	/** Copies the app's data under that id, with the plan it had; `fill` adds its databases. Nothing when that copy is there. The app must not run. */
	saveData(app: PlannedApp, id: string, signal: AbortSignal, fill: (place: DumpPlace) => Promise<void>): Promise<void>;
	/** The plan that was kept with the copy; null when there is none. */
	savedPlan(instance: string, id: string): Promise<PlannedApp | null>;
	/** The data is as it was copied; what became of it since is put aside. The app must not run. */
	restoreData(instance: string, id: string, signal: AbortSignal, refill: (place: DumpPlace) => Promise<void>): Promise<void>;
	/** Makes whatever is there, and what is missing from it, the instance's data. Only because a person said so. */
	acceptData(instance: string): Promise<void>;
	logs(instance: string, query: LogQuery): Promise<LogLine[]>;
	/** Lines as they are written, of every unit. */
	onLog(listener: (instance: string, line: LogLine) => void): () => void;
	/** A unit changed its state: crashed, recovered, gave up. */
	onUnit(listener: (status: UnitStatus) => void): () => void;
	/** Finds what a killed predecessor left running, keeps what the plan wants, ends the rest. Before anything else. */
	adoptOrphans(plan: HostPlan | null): Promise<{ kept: string[]; ended: string[] }>;
	/** Removes what no longer belongs to any planned app. Data volumes are left alone. */
	collectGarbage(plan: HostPlan): Promise<void>;
	/** Asked before each start of a process, crash restarts too. While it says no, the unit waits (V7). */
	fence(mayStart: () => boolean): void;
	/** Ends every unit and stops watching. */
	shutdown(): Promise<void>;
}
