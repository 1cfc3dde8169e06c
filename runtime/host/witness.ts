// A witness: it votes, does what is asked of its server, and owns nothing. It runs no machines, so others own its actor.

import { effectsOfWitness } from '../../actors/effects/of-witness.ts';
import { joinedAt } from '../../actors/members.ts';
import type { VoterOps } from '../../actors/voter-ops.ts';
import { hostRef } from '../../machines/host/contract.ts';
import { type Standing, standingOf } from '../../machines/host/standing.ts';
import { toWire, type WireError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { refText, type Stored } from '../engine/record.ts';
import type { DataDir } from './data-dir.ts';
import { departedBefore, departedError, noteIn, watchDeparture } from './departure.ts';
import type { HostObservation } from './host-parts.ts';
import type { JobHost } from './job-contract.ts';
import { fileJobLogs } from './job-logs.ts';
import { createJobHost } from './jobs.ts';
import type { Links } from './links.ts';
import { claimOf } from './live-job.ts';
import { createMembership } from './membership.ts';
import { proofOf } from './quorum-proof.ts';
import { realClock } from './real-clock.ts';
import { redactSecrets } from './redact.ts';
import { createSelfFence } from './self-fence.ts';
import { openSqliteJournal } from './sqlite-journal.ts';
import { pause } from './waiting.ts';

export interface WitnessParts {
	dataDir: DataDir;
	links: Omit<Links, 'bus' | 'jobs'>;
	voters: Omit<VoterOps, 'lastSeen' | 'listeningSince'>;
	/** Called once when it has left or was forgotten: end it. */
	onDeparted(words: string): void;
	observe(observation: HostObservation): void;
}

export interface Witness {
	jobs: JobHost;
	jobLogs: { read(key: string, lines: number): string[] };
	/** Why a job failed, as long as the journal keeps it. */
	jobError(key: string): WireError | null;
	/** As the links', but each write proves that the cluster takes changes. */
	documents: Documents;
	/** Since when the store has committed nothing, ms; null while it takes changes. */
	lostSince(): number | null;
	standing(): Standing;
	stop(): Promise<void>;
}

const LOOK_EVERY_MS = 2_000;

/** Waits for a leader as long as it takes. Rejects with HOST_FORGOTTEN, DATA_DIR_UNUSABLE, NEWER_RECORD. */
export async function startWitness({ dataDir, voters, onDeparted, observe, ...parts }: WitnessParts): Promise<Witness> {
	const { host, incarnation, createdAt } = dataDir.identity;
	const clock = realClock;
	const listeningSince = clock.now();
	const stopping = new AbortController();
	const fence = createSelfFence({ clock, onReturn: async () => jobs.reverify() });
	const links = { ...parts.links, ...proofOf(parts.links, () => fence.committed()) };
	const membership = createMembership({
		me: { host, incarnation, machines: [], adopting: false },
		heartbeats: links.heartbeats,
		clock,
		observe,
	});
	const own = await readOwn();
	// A host that joined again with its disk is a member since then.
	const memberSince = Math.max(createdAt, own?.joinedAt ?? 0);
	let record = own?.record ?? null;
	const standingThen = standingOf(record?.record);
	if (departedBefore(memberSince, standingThen)) {
		membership.stop();
		noteIn(dataDir.path, host, clock.now());
		throw departedError(host, standingThen.departedAt);
	}

	const departure = watchDeparture({
		host,
		dataDir: dataDir.path,
		memberSince: () => memberSince,
		clock,
		engine: {
			index: () => new Map(record ? [[refText(hostRef(host)), record]] : []),
			owned: () => [],
			release: async () => {},
		},
		sayAdopting: () => {},
		onDeparted,
	});
	const jobLogs = fileJobLogs(dataDir.folder('jobs'), {
		onFailure: (thrown) => observe({ type: 'jobLogFailed', error: toWire(thrown) }),
	});
	const journal = openSqliteJournal(dataDir.file('jobs.db'), {
		onMovedAside: (path, reason) => observe({ type: 'journalDamaged', path, reason }),
	});
	const jobs = createJobHost({
		host,
		clock,
		rng: Math.random,
		journal,
		effects: effectsOfWitness({
			host,
			documents: links.documents,
			presence: membership.presence,
			departure,
			voters: { ...voters, lastSeen: membership.lastSeen, listeningSince: () => listeningSince },
		}),
		wanted: (order) => claimOf(links.store, order),
		push: ({ owner, completion }) => links.pushCompletion(owner, completion),
		publishProgress: ({ actor, progress, ...news }) =>
			links.publish({ type: 'progress', actor }, { ...news, ...progress, actor: refText(actor), host }),
		observe,
		logs: jobLogs,
		redact: redactSecrets,
	});
	const stopServing = links.serveJobs({
		order: jobs.order,
		retire: async (actor, epoch, live, seq) => void (await jobs.retire(actor, epoch, live, seq)),
	});
	jobs.resume();
	const following = follow();
	const stopGapWatch = realClock.onGap(2_000, () => jobs.reverify());

	return {
		jobs,
		jobLogs,
		jobError(key) {
			const end = journal.job(key)?.end;
			return end?.status === 'failed' ? end.error : null;
		},
		documents: links.documents,
		lostSince: fence.lostSince,
		standing: departure.standing,
		async stop() {
			stopping.abort();
			departure.stop();
			stopGapWatch();
			await jobs.drain();
			stopServing();
			membership.stop();
			await following;
			journal.close();
		},
	};

	async function readOwn(): Promise<{ record: Stored | null; joinedAt: number | null } | null> {
		for (let told = false; !stopping.signal.aborted; told = true) {
			try {
				return { record: await links.store.read(hostRef(host)), joinedAt: await joinedAt(links.documents, host) };
			} catch (thrown) {
				if (!told) observe({ type: 'planUnread', error: toWire(thrown) });
				await pause(clock, LOOK_EVERY_MS, stopping.signal);
			}
		}
		return null;
	}

	/** What others decided of this host. */
	async function follow(): Promise<void> {
		while (!stopping.signal.aborted) {
			await pause(clock, LOOK_EVERY_MS, stopping.signal);
			// No leader: what was known last holds.
			const read = await links.store.read(hostRef(host)).catch(() => undefined);
			if (read !== undefined) record = read;
		}
	}
}
