// One running host: engine, jobs, membership and driver put together, in the order in which they may begin and must end.
//
// H1. Nothing of an app is started before the plan of this host was read through the leader (V7).
// H2. Jobs of the life before are taken up before the engine orders new ones; both ask the record first.
// H3. A host cut off from the cluster goes on with what runs and starts nothing; back again, it obeys its plan before anything else.
// H4. Shutting down: say so, take nothing new, hand the actors over, stop the apps, then the network.

import { emptyPlan } from '../../actors/drivers/plan.ts';
import { type Rebuilds, rebuilds as rebuildsOf } from '../../actors/drivers/rebuilds.ts';
import { effectsOf } from '../../actors/effects/index.ts';
import type { HostKit } from '../../actors/kit.ts';
import { readPlan } from '../../actors/plans.ts';
import { objectionToRemoval } from '../../actors/removal-objection.ts';
import type { Standing } from '../../machines/host/standing.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { CoveyError, toWire, type WireError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { machineIds } from '../engine/versions.ts';
import { watchDeparture } from './departure.ts';
import { readFirstPlan, readMembership } from './first-reads.ts';
import { hostKit } from './host-kit.ts';
import type { HostParts } from './host-parts.ts';
import { startHostWatches } from './host-watches.ts';
import type { JobHost } from './job-contract.ts';
import { JOURNAL } from './journal.ts';
import { type KnownHosts, knownHosts } from './known-hosts.ts';
import type { Links } from './links.ts';
import { createMembership, type LiveMembership } from './membership.ts';
import { ownJobs } from './own-jobs.ts';
import { placementView } from './placement-view.ts';
import { refusalOf, refusingBus } from './quorum-guard.ts';
import { proofOf } from './quorum-proof.ts';
import { realClock } from './real-clock.ts';
import { createSelfFence, type SelfFence } from './self-fence.ts';
import { openSqliteJournal } from './sqlite-journal.ts';
import { pause } from './waiting.ts';

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
const INTRODUCE_RETRY_MS = 1_000;
const SETTLE_RETRY_MS = 5_000;

export async function startHost(parts: HostParts): Promise<Host> {
	const { dataDir, driver, observe } = parts;
	const { host, incarnation } = dataDir.identity;
	const clock = realClock;
	const rng = Math.random;
	let settled = false;
	const listeningSince = clock.now();
	const stopping = new AbortController();

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
	const kit = hostKit({
		parts,
		links,
		membership,
		rebuilds,
		placement,
		records,
		engine: () => engine,
		departure: () => departure,
		listeningSince,
	});
	const journal = openSqliteJournal(dataDir.file(JOURNAL.host), {
		instead: dataDir.file(JOURNAL.witness),
		onMovedAside: (path, reason) => observe({ type: 'journalDamaged', path, reason }),
	});
	const own = ownJobs({ dataDir, links, effects: effectsOf(kit), journal, observe });
	const { jobs, jobLogs, jobError } = own;
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

	const stopServing = own.serve();
	// What still runs of the apps of a host that was forgotten is ended.
	const endApps = async () => void (await driver.adoptOrphans(emptyPlan(host)));
	({ memberSince } = await readMembership({ dataDir, observe, endApps }, links));
	const plan = await readFirstPlan(parts, links);
	fence = createSelfFence({ clock, onReturn: comeBack });
	observe({ type: 'orphans', ...(await driver.adoptOrphans(plan)) });
	jobs.resume();
	await engine.start();
	void introduce();
	const watches = startHostWatches({ kit, engine, jobs, hosts, membership, observe });
	const unlisten = driver.onLog((instance, line) => links.publish({ type: 'log', host, unit: instance }, line));
	void settle();

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
		lookAtVoters: watches.lookAtVoters,
		settled: () => settled,
		stop,
	};

	/** Others decided while this host was away: it does what its plan says now, and tells what it found. */
	async function comeBack(since: number): Promise<void> {
		jobs.reverify();
		const obeyed = await watches.lookAtPlan();
		if (!obeyed) throw new CoveyError('STORE_UNAVAILABLE', 'The plan could not be read.');
		observe({ type: 'returnedToCluster', since, ...obeyed });
		links.publish({ type: 'event', event: 'host.returned' }, { host, since, at: clock.now(), ...obeyed });
	}

	/** Each member has an actor; the first start of a host makes it. */
	async function introduce(): Promise<void> {
		const how = { cmdId: `join-${host}-${incarnation}`, by: `host:${host}` };
		while (!stopping.signal.aborted) {
			const reply = await engine.create('host', host, {}, how);
			if (reply.ok || reply.error.code === 'NAME_TAKEN' || reply.error.code === 'UNKNOWN_KIND') return;
			await pause(clock, INTRODUCE_RETRY_MS, stopping.signal);
		}
	}

	/** Brings up what the plan wants. One app that fails does not keep the others down; its actor is told by the watch. */
	async function settle(): Promise<void> {
		while (!stopping.signal.aborted && !settled) {
			try {
				await rebuilds.settle({ ...silent, signal: stopping.signal }, stopping.signal);
				settled = true;
			} catch (thrown) {
				observe({ type: 'settleFailed', error: toWire(thrown) });
				await pause(clock, SETTLE_RETRY_MS, stopping.signal);
			}
		}
	}

	async function stop({ leave }: { leave: boolean }): Promise<void> {
		stopping.abort();
		membership.say({ adopting: false });
		watches.stop();
		departure.stop();
		await jobs.drain();
		stopServing();
		if (leave) await Promise.race([engine.stop(), new Promise<void>((resolve) => clock.after(HAND_OVER_LIMIT_MS, resolve))]);
		engine.kill();
		membership.stop();
		unlisten();
		await driver.shutdown();
		own.close();
	}
}

const silent = { progress: () => {}, note: () => {} };
