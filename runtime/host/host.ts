// One running host: engine, jobs, membership and driver put together, in the order in which they may begin and must end.
//
// H1. Nothing of an app is started before the plan of this host was read through the leader (V7).
// H2. Jobs of the life before are taken up before the engine orders new ones; both ask the record first.
// H3. Shutting down: say so, take nothing new, hand the actors over, stop the apps, then the network.

import type { Driver } from '../../actors/drivers/driver.ts';
import type { HostPlan } from '../../actors/drivers/plan.ts';
import { type Rebuilds, rebuilds as rebuildsOf } from '../../actors/drivers/rebuilds.ts';
import { effectsOf } from '../../actors/effects/index.ts';
import type { HostKit } from '../../actors/kit.ts';
import { readPlan } from '../../actors/plans.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { Candidate } from '../../machines/placement/score.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { toWire, type WireError } from '../engine/errors.ts';
import type { Kind } from '../engine/kind.ts';
import type { Observe } from '../engine/ports.ts';
import { machineIds } from '../engine/versions.ts';
import { watchApps } from './app-watch.ts';
import { candidatesOf } from './candidates.ts';
import type { DataDir } from './data-dir.ts';
import type { JobHost, JobObservation } from './job-contract.ts';
import { fileJobLogs } from './job-logs.ts';
import { createJobHost } from './jobs.ts';
import type { Links } from './links.ts';
import { claimOf } from './live-job.ts';
import { createMembership, type LiveMembership } from './membership.ts';
import type { MembershipObservation } from './membership-rules.ts';
import { type PlanWatch, watchPlan } from './plan-watch.ts';
import { realClock } from './real-clock.ts';
import { redactSecrets } from './redact.ts';
import { openSqliteJournal } from './sqlite-journal.ts';

export interface HostParts {
	dataDir: DataDir;
	links: Links;
	kinds: readonly Kind[];
	driver: Driver;
	/** Throws UNKNOWN_APP. */
	entry(app: string): CatalogEntry;
	knownEntry(app: string): CatalogEntry | undefined;
	address: string;
	bind: string;
	appPorts: HostKit['ports'];
	trashData(instance: string): Promise<boolean>;
	observe(observation: HostObservation): void;
}

export type HostObservation =
	| Parameters<Observe>[0]
	| JobObservation
	| MembershipObservation
	| { type: 'planUnread' | 'settleFailed' | 'jobLogFailed'; error: ReturnType<typeof toWire> }
	/** The old journal lies at `path`; the jobs begin anew as their owners ask. */
	| { type: 'journalDamaged'; path: string; reason: string }
	| { type: 'orphans'; kept: string[]; ended: string[] }
	| { type: 'stoppedForeign'; instance: string };

export interface Host {
	engine: Engine;
	jobs: JobHost;
	jobLogs: { read(key: string, lines: number): string[] };
	/** Why a job failed, as long as the journal keeps it. */
	jobError(key: string): WireError | null;
	membership: LiveMembership;
	rebuilds: Rebuilds;
	candidates(): Promise<Candidate[]>;
	/** True once the plan of this host was read and obeyed. */
	settled(): boolean;
	/** `leave`: hand the actors over; without it they stay this host's, for a cluster that stops as a whole. */
	stop(how: { leave: boolean }): Promise<void>;
}

const HAND_OVER_LIMIT_MS = 5_000;
const PLAN_RETRY_MS = 1_000;

export async function startHost(parts: HostParts): Promise<Host> {
	const { dataDir, links, driver, observe } = parts;
	const { host, incarnation } = dataDir.identity;
	const clock = realClock;
	const rng = Math.random;
	let stopping = false;
	let settled = false;
	const stoppingSignal = new AbortController();

	const membership = createMembership({
		me: { host, incarnation, machines: machineIds(parts.kinds), adopting: true },
		heartbeats: links.heartbeats,
		clock,
		observe,
	});
	const rebuilds = rebuildsOf({ driver, readPlan: () => readPlan(links.documents, host) });
	const candidates = async () =>
		candidatesOf(
			(await links.documents.list('hosts')).map(({ value }) => value),
			[...engine.index().values()].map(({ record }) => record),
			parts.knownEntry,
			membership.presence,
		);
	const kit: HostKit = {
		host,
		address: parts.address,
		bind: parts.bind,
		ports: parts.appPorts,
		documents: links.documents,
		driver,
		rebuilds,
		entry: parts.entry,
		candidates,
		trashData: parts.trashData,
	};
	const jobLogs = fileJobLogs(dataDir.folder('jobs'), {
		onFailure: (thrown) => observe({ type: 'jobLogFailed', error: toWire(thrown) }),
	});
	const journal = openSqliteJournal(dataDir.file('jobs.db'), {
		onMovedAside: (path, reason) => observe({ type: 'journalDamaged', path, reason }),
	});
	const jobs = createJobHost({
		host,
		clock,
		rng,
		journal,
		effects: effectsOf(kit),
		wanted: (order) => claimOf(links.store, order),
		push: ({ owner, completion }) => links.pushCompletion(owner, completion),
		publishProgress: ({ actor, progress, ...news }) =>
			links.publish({ type: 'progress', actor }, { ...news, ...progress, actor: `${actor.kind}/${actor.id}`, host }),
		observe,
		logs: jobLogs,
		redact: redactSecrets,
	});
	const engine = createEngine({
		host,
		incarnation,
		clock,
		rng,
		kinds: parts.kinds,
		observe,
		peers: membership,
		store: links.store,
		bus: links.bus,
		jobs: links.jobs,
	});

	const stopServing = links.serveJobs({
		order: jobs.order,
		retire: async (actor, epoch, live, seq) => void (await jobs.retire(actor, epoch, live, seq)),
	});
	const plan = await firstPlan(parts, () => stopping);
	observe({ type: 'orphans', ...(await driver.adoptOrphans(plan)) });
	jobs.resume();
	await engine.start();
	const planWatch = watchPlan({
		clock,
		driver,
		readPlan: () => readPlan(links.documents, host),
		onStopped: (instance) => observe({ type: 'stoppedForeign', instance }),
	});
	const stopAppWatch = watchApps({
		host,
		clock,
		engine,
		units: () => driver.units(),
		onUnit: (listener) => driver.onUnit(listener),
	});
	const stopGapWatch = realClock.onGap(2_000, () => afterFreeze(jobs, planWatch));
	const unlisten = driver.onLog((instance, line) => links.publish({ type: 'log', host, unit: instance }, line));
	void settle();

	const jobError = (key: string): WireError | null => {
		const end = journal.job(key)?.end;
		return end?.status === 'failed' ? end.error : null;
	};
	return { engine, jobs, jobLogs, jobError, membership, rebuilds, candidates, settled: () => settled, stop };

	/** Brings up what the plan wants. One app that fails does not keep the others down; its actor is told by the watch. */
	async function settle(): Promise<void> {
		while (!stopping && !settled) {
			try {
				await rebuilds.settle({ ...silent, signal: stoppingSignal.signal }, stoppingSignal.signal);
				settled = true;
			} catch (thrown) {
				observe({ type: 'settleFailed', error: toWire(thrown) });
				await new Promise<void>((resolve) => clock.after(PLAN_RETRY_MS * 5, resolve));
			}
		}
	}

	async function stop({ leave }: { leave: boolean }): Promise<void> {
		stopping = true;
		stoppingSignal.abort();
		membership.say({ adopting: false });
		stopAppWatch();
		planWatch.stop();
		stopGapWatch();
		await jobs.drain();
		stopServing();
		if (leave) await Promise.race([engine.stop(), new Promise<void>((resolve) => clock.after(HAND_OVER_LIMIT_MS, resolve))]);
		engine.kill();
		membership.stop();
		unlisten();
		await driver.shutdown();
		journal.close();
	}
}

const silent = { progress: () => {}, note: () => {} };

/** Whoever was frozen cannot know what others decided meanwhile. */
function afterFreeze(jobs: JobHost, planWatch: PlanWatch): void {
	jobs.reverify();
	void planWatch.look();
}

/** Waits for a leader as long as it takes: without the plan nothing may start, and what still runs goes on (H1). */
async function firstPlan(parts: HostParts, stopping: () => boolean): Promise<HostPlan | null> {
	for (let told = false; !stopping(); told = true) {
		try {
			return await readPlan(parts.links.documents, parts.dataDir.identity.host);
		} catch (thrown) {
			if (!told) parts.observe({ type: 'planUnread', error: toWire(thrown) });
			await new Promise<void>((resolve) => realClock.after(PLAN_RETRY_MS, resolve));
		}
	}
	return null;
}
