// One running host: engine, jobs, membership and driver put together, in the order in which they may begin and must end.
//
// H1. Nothing of an app is started before the plan of this host was read through the leader (V7).
// H2. Jobs of the life before are taken up before the engine orders new ones; both ask the record first.
// H3. A host cut off from the cluster goes on with what runs and starts nothing; back again, it obeys its plan before anything else.
// H4. Shutting down: say so, take nothing new, hand the actors over, stop the apps, then the network.

import type { Driver } from '../../actors/drivers/driver.ts';
import { emptyPlan } from '../../actors/drivers/plan.ts';
import { type Rebuilds, rebuilds as rebuildsOf } from '../../actors/drivers/rebuilds.ts';
import { effectsOf } from '../../actors/effects/index.ts';
import { neededBy } from '../../actors/installed.ts';
import type { HostKit } from '../../actors/kit.ts';
import { joinedAt } from '../../actors/members.ts';
import { readPlan } from '../../actors/plans.ts';
import { objectionToRemoval } from '../../actors/removal-objection.ts';
import type { Vault } from '../../actors/vault.ts';
import type { VoterOps } from '../../actors/voter-ops.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { Graph } from '../../catalog/graph.ts';
import { hostRef } from '../../machines/host/contract.ts';
import { type Standing, standingOf } from '../../machines/host/standing.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { CoveyError, toWire, type WireError } from '../engine/errors.ts';
import type { Kind } from '../engine/kind.ts';
import type { Documents, Observe } from '../engine/ports.ts';
import type { ActorRecord } from '../engine/record.ts';
import { machineIds } from '../engine/versions.ts';
import { watchApps } from './app-watch.ts';
import type { DataDir } from './data-dir.ts';
import { departedBefore, departedError, noteIn, watchDeparture } from './departure.ts';
import type { JobHost, JobObservation } from './job-contract.ts';
import { fileJobLogs } from './job-logs.ts';
import { createJobHost } from './jobs.ts';
import { followDocuments, type KnownHosts, knownHosts } from './known-hosts.ts';
import type { Links } from './links.ts';
import { claimOf } from './live-job.ts';
import { watchLostData } from './lost-data.ts';
import { createMembership, type LiveMembership } from './membership.ts';
import type { MembershipObservation } from './membership-rules.ts';
import { placementView } from './placement-view.ts';
import { type PlanWatch, watchPlan } from './plan-watch.ts';
import { proofOf, refusalOf, refusingBus } from './quorum-guard.ts';
import { realClock } from './real-clock.ts';
import { redactSecrets } from './redact.ts';
import { watchReservations } from './reservation-watch.ts';
import { createSelfFence, type SelfFence } from './self-fence.ts';
import { openSqliteJournal } from './sqlite-journal.ts';
import { watchVoters } from './voters-watch.ts';
import { pause } from './waiting.ts';

export interface HostParts {
	dataDir: DataDir;
	links: Links;
	kinds: readonly Kind[];
	driver: Driver;
	/** Throws UNKNOWN_APP. */
	entry(app: string): Promise<CatalogEntry>;
	knownEntry(app: string): CatalogEntry | undefined;
	/** The catalog as a graph. */
	graph(): Graph;
	address: string;
	bind: string;
	appPorts: HostKit['ports'];
	trashData(instance: string): Promise<boolean>;
	vault: Vault;
	/** This host's server and the group of voters. */
	voters: Omit<VoterOps, 'lastSeen' | 'listeningSince'>;
	/** Called once when this host has left or was forgotten: end it. */
	onDeparted(words: string): void;
	observe(observation: HostObservation): void;
}

export type HostObservation =
	| Parameters<Observe>[0]
	| JobObservation
	| MembershipObservation
	| { type: 'planUnread' | 'settleFailed' | 'jobLogFailed' | 'votersUnread'; error: ReturnType<typeof toWire> }
	/** The old journal lies at `path`; the jobs begin anew as their owners ask. */
	| { type: 'journalDamaged'; path: string; reason: string }
	| { type: 'orphans'; kept: string[]; ended: string[] }
	| { type: 'watchFailed'; watch: string; error: ReturnType<typeof toWire> }
	| { type: 'stoppedForeign' | 'reservationFreed'; instance: string }
	/** Cut off from the cluster since `since`, ms; what it found when it was back. */
	| { type: 'returnedToCluster'; since: number; stopped: string[]; kept: string[] };

export interface Host {
	engine: Engine;
	jobs: JobHost;
	jobLogs: { read(key: string, lines: number): string[] };
	/** Why a job failed, as long as the journal keeps it. */
	jobError(key: string): WireError | null;
	membership: LiveMembership;
	rebuilds: Rebuilds;
	/** What its effects work with. */
	kit: HostKit;
	placement: ReturnType<typeof placementView>;
	/** As the links', but each write proves that the cluster takes changes: use these for the facts of this host. */
	documents: Documents;
	hosts: KnownHosts;
	/** Since when the store has committed nothing, ms; null while it takes changes. */
	lostSince(): number | null;
	/** NO_QUORUM with what is needed while the store takes no changes, else null. */
	refusal(): WireError | null;
	/** Where this host stands as a member. */
	standing(): Standing;
	/** Somebody joined, left or changed: is another voter due? */
	lookAtVoters(): void;
	/** True once the plan of this host was read and obeyed. */
	settled(): boolean;
	/** `leave`: hand the actors over; without it they stay this host's, for a cluster that stops as a whole. */
	stop(how: { leave: boolean }): Promise<void>;
}

const HAND_OVER_LIMIT_MS = 5_000;
const PLAN_RETRY_MS = 1_000;

export async function startHost(parts: HostParts): Promise<Host> {
	const { dataDir, driver, observe } = parts;
	const { host, incarnation } = dataDir.identity;
	const clock = realClock;
	const rng = Math.random;
	let stopping = false;
	let settled = false;
	const listeningSince = clock.now();
	const stoppingSignal = new AbortController();

	let fence: SelfFence | null = null;
	// H1: nothing is proven before the plan was read.
	driver.fence(() => fence?.mayStart() ?? false);
	const links: Links = { ...parts.links, ...proofOf(parts.links, () => fence?.committed()) };
	const lostSince = () => fence?.lostSince() ?? null;
	const membership = createMembership({
		me: { host, incarnation, machines: machineIds(parts.kinds), adopting: true },
		heartbeats: links.heartbeats,
		clock,
		observe,
	});
	const hosts = knownHosts(clock, links.documents);
	const records = () => [...engine.index().values()].map(({ record }) => record);
	const refusal = () => (lostSince() === null ? null : refusalOf(hosts.latest(), records(), membership.presence));
	const rebuilds = rebuildsOf({ driver, readPlan: () => readPlan(links.documents, host) });
	const placement = placementView({ clock, documents: links.documents, hosts, records, presence: membership.presence });
	const kit: HostKit = {
		host,
		address: parts.address,
		bind: parts.bind,
		ports: parts.appPorts,
		documents: links.documents,
		driver,
		rebuilds,
		entry: parts.entry,
		...placement,
		records,
		look: async (ref) => (await links.store.read(ref))?.record ?? null,
		command: async (ref, command) => void (await links.command(ref, command)),
		create: ({ kind, id }, input, how) => engine.create(kind, id, input, how),
		neededBy: (instance, except) => neededBy(instance, records(), parts.graph(), except),
		presence: membership.presence,
		departure: {
			handOver: (signal) => departure.handOver(signal),
			note: () => departure.note(),
		},
		trashData: parts.trashData,
		vault: parts.vault,
		voters: { ...parts.voters, lastSeen: membership.lastSeen, listeningSince: () => listeningSince },
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
		bus: refusingBus(links.bus, refusal),
		jobs: links.jobs,
		objection: (record, command) => objectionToRemoval({ records, look: kit.look, graph: parts.graph }, record, command),
	});
	let memberSince = dataDir.identity.createdAt;
	const departure = watchDeparture({
		host,
		dataDir: dataDir.path,
		memberSince: () => memberSince,
		clock,
		engine,
		sayAdopting: (adopting) => membership.say({ adopting }),
		onDeparted: parts.onDeparted,
	});

	const stopServing = links.serveJobs({
		order: jobs.order,
		retire: async (actor, epoch, live, seq) => void (await jobs.retire(actor, epoch, live, seq)),
	});
	const membershipTold = await patiently(
		parts,
		() => stopping,
		async () => ({
			own: (await links.store.read(hostRef(host)))?.record ?? null,
			joinedAt: await joinedAt(links.documents, host),
		}),
	);
	// A host that joined again with its disk is a member since then.
	memberSince = Math.max(memberSince, membershipTold?.joinedAt ?? 0);
	await assertMember(parts, memberSince, membershipTold?.own ?? null);
	const plan = await patiently(
		parts,
		() => stopping,
		() => readPlan(links.documents, host),
	);
	fence = createSelfFence({ clock, onReturn: comeBack });
	observe({ type: 'orphans', ...(await driver.adoptOrphans(plan)) });
	jobs.resume();
	await engine.start();
	void introduce();
	/** That the store is away is known by `lostSince`: each round of each watch would only repeat it. */
	const failed = (watch: string) => (thrown: unknown) => {
		const error = toWire(thrown);
		if (error.code !== 'STORE_UNAVAILABLE') observe({ type: 'watchFailed', watch, error });
	};
	const hostsFollowed = followDocuments(clock, hosts, failed('hosts'));
	const lostData = watchLostData({ host, clock, engine, isDead: membership.isDead, onFailure: failed('lost data') });
	const planWatch = watchPlan({
		clock,
		driver,
		readPlan: () => readPlan(links.documents, host),
		onStopped: (instance) => observe({ type: 'stoppedForeign', instance }),
		onFailure: failed('plan'),
	});
	const reservations = watchReservations({
		host,
		clock,
		documents: links.documents,
		look: kit.look,
		readPlan: () => readPlan(links.documents, host),
		onFreed: (instance) => observe({ type: 'reservationFreed', instance }),
		onFailure: failed('reservations'),
	});
	const appWatch = watchApps({
		host,
		clock,
		engine,
		units: () => driver.units(),
		onUnit: (listener) => driver.onUnit(listener),
		onFailure: failed('apps'),
	});
	const votersWatch = watchVoters({
		kit,
		clock,
		engine,
		onFailure: (thrown) => observe({ type: 'votersUnread', error: toWire(thrown) }),
	});
	const stopGapWatch = realClock.onGap(2_000, () => afterFreeze(jobs, planWatch));
	const unlisten = driver.onLog((instance, line) => links.publish({ type: 'log', host, unit: instance }, line));
	void settle();

	const jobError = (key: string): WireError | null => {
		const end = journal.job(key)?.end;
		return end?.status === 'failed' ? end.error : null;
	};
	return {
		engine,
		jobs,
		jobLogs,
		jobError,
		membership,
		rebuilds,
		kit,
		placement,
		documents: links.documents,
		hosts,
		lostSince,
		refusal,
		standing: departure.standing,
		lookAtVoters: votersWatch.soon,
		settled: () => settled,
		stop,
	};

	/** Others decided while this host was away: it does what its plan says now, and tells what it found. */
	async function comeBack(since: number): Promise<void> {
		jobs.reverify();
		const obeyed = await planWatch.look();
		if (!obeyed) throw new CoveyError('STORE_UNAVAILABLE', 'The plan could not be read.');
		observe({ type: 'returnedToCluster', since, ...obeyed });
		links.publish({ type: 'event', event: 'host.returned' }, { host, since, at: clock.now(), ...obeyed });
	}

	/** Each member has an actor; the first start of a host makes it. */
	async function introduce(): Promise<void> {
		const how = { cmdId: `join-${host}-${incarnation}`, by: `host:${host}` };
		while (!stopping) {
			const reply = await engine.create('host', host, {}, how);
			if (reply.ok || reply.error.code === 'NAME_TAKEN' || reply.error.code === 'UNKNOWN_KIND') return;
			await pause(clock, PLAN_RETRY_MS, stoppingSignal.signal);
		}
	}

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
		appWatch.stop();
		hostsFollowed.stop();
		lostData.stop();
		departure.stop();
		planWatch.stop();
		reservations.stop();
		votersWatch.stop();
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
async function patiently<T>(parts: HostParts, stopping: () => boolean, read: () => Promise<T>): Promise<T | null> {
	for (let told = false; !stopping(); told = true) {
		try {
			return await read();
		} catch (thrown) {
			if (!told) parts.observe({ type: 'planUnread', error: toWire(thrown) });
			await new Promise<void>((resolve) => realClock.after(PLAN_RETRY_MS, resolve));
		}
	}
	return null;
}

/**
 * A host that was forgotten while it was away starts nothing: others may have its apps by now. What still runs of them is ended.
 * Rejects with HOST_FORGOTTEN.
 */
async function assertMember({ dataDir, driver }: HostParts, memberSince: number, record: ActorRecord | null): Promise<void> {
	const { host } = dataDir.identity;
	const standing = standingOf(record);
	if (!departedBefore(memberSince, standing)) return;
	await driver.adoptOrphans(emptyPlan(host));
	noteIn(dataDir.path, host, realClock.now());
	throw departedError(host, standing.departedAt);
}
