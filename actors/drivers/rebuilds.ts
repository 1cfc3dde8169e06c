// Builds and activations of one host: never two at once, and everything that waits shares the next one.
import { setTimeout as sleep } from 'node:timers/promises';
import { CoveyError, fromWire } from '../../runtime/engine/errors.ts';
import { inTurn } from '../../runtime/engine/in-turn.ts';
import type { BuildOutcome, Driver, Generation, Reporter } from './driver.ts';
import type { HostPlan } from './plan.ts';
import { type SharedRun, sharedRuns } from './shared-runs.ts';

export interface Rebuilds {
	/**
	 * A generation built from a plan that was read after this call. Rejects with the instance's own failure, with what
	 * stopped the whole build, or with CANCELLED; other waiters are unharmed by that.
	 */
	request(instance: string, report: Reporter, signal: AbortSignal): Promise<Generation>;
	/** Activates the newest generation with a plan that was read after this call. Activations are shared as builds are. */
	activate(instance: string, report: Reporter, signal: AbortSignal): Promise<Generation>;
	/** Builds and activates what the plan says now, whoever is in it. */
	settle(report: Reporter, signal: AbortSignal): Promise<Generation>;
	/** Builds and activations begun since the process started. */
	readonly counts: { builds: number; activations: number };
}

export interface RebuildsOptions {
	driver: Pick<Driver, 'build' | 'activate' | 'generations'>;
	/** The plan as the store's leader knows it now. */
	readPlan(): Promise<HostPlan>;
}

export function rebuilds({ driver, readPlan }: RebuildsOptions): Rebuilds {
	const counts = { builds: 0, activations: 0 };
	const lane = newLane();
	let newest: Generation | null = null;

	const builds: SharedRun<BuildOutcome> = sharedRuns((report, begin) =>
		lane(report.signal, async () => {
			await gather(readPlan, report.signal);
			begin();
			counts.builds += 1;
			const outcome = await driver.build(await readPlan(), report);
			newest = outcome.generation;
			return outcome;
		}),
	);
	const activations: SharedRun<Generation> = sharedRuns((report, begin) =>
		lane(report.signal, async () => {
			begin();
			counts.activations += 1;
			const plan = await readPlan();
			const generation = newest ?? (await driver.generations()).at(-1);
			if (!generation) throw new CoveyError('BUILD_FAILED', 'Nothing has been built on this host yet.');
			await driver.activate(generation, plan, report);
			return generation;
		}),
	);

	return {
		counts,
		request: async (instance, report, signal) => {
			const { generation, failed } = await builds.join(report, signal);
			const failure = failed[instance];
			if (failure) throw fromWire(failure);
			return generation;
		},
		activate: (_instance, report, signal) => activations.join(report, signal),
		settle: async (report, signal) => {
			await builds.join(report, signal);
			return activations.join(report, signal);
		},
	};
}

const GATHER_MS = 2_000;
const GATHER_EVERY_MS = 100;
/** A promise older than this is not waited for: its install is stuck elsewhere. */
const FRESH_MS = 5_000;

/** Installs asked at one moment reach their host one after another: while some are on their way here, the build waits for them. */
async function gather(readPlan: RebuildsOptions['readPlan'], signal: AbortSignal): Promise<void> {
	const until = Date.now() + GATHER_MS;
	while (Date.now() < until && isAwaited(await readPlan(), Date.now())) await sleep(GATHER_EVERY_MS, undefined, { signal });
}

const isAwaited = ({ apps, reserved = {} }: HostPlan, now: number): boolean =>
	Object.entries(reserved).some(([instance, { at }]) => !(instance in apps) && Math.abs(now - at) < FRESH_MS);

/** One after another. Work whose turn comes after its cancellation is not begun. */
function newLane(): <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T> {
	const next = inTurn();
	return (signal, work) =>
		next(async () => {
			if (signal.aborted) throw new CoveyError('CANCELLED', 'Nobody waits for this any more.');
			return work();
		});
}
