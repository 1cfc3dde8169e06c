// A witness: it votes, does what is asked of its server, and owns nothing. It runs no machines, so others own its actor.

import { effectsOfWitness } from '../../actors/effects/of-witness.ts';
import type { VoterOps } from '../../actors/voter-ops.ts';
import { hostRef } from '../../machines/host/contract.ts';
import type { Standing } from '../../machines/host/standing.ts';
import type { WireError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { refText, type Stored } from '../engine/record.ts';
import { repeat } from '../engine/repeat.ts';
import type { DataDir } from './data-dir.ts';
import { watchDeparture } from './departure.ts';
import { openFileJournal } from './file-journal.ts';
import { readMembership } from './first-reads.ts';
import type { HostObservation } from './host-parts.ts';
import type { JobHost } from './job-contract.ts';
import { JOURNAL } from './journal.ts';
import type { Links } from './links.ts';
import { createMembership } from './membership.ts';
import { ownJobs } from './own-jobs.ts';
import { proofOf } from './quorum-proof.ts';
import { realClock } from './real-clock.ts';
import { createSelfFence } from './self-fence.ts';

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
/** A process that did not run for so long may have been replaced meanwhile. */
const GAP_MS = 2_000;

/** Waits for a leader as long as it takes. Rejects with HOST_FORGOTTEN, DATA_DIR_UNUSABLE, DISK_FULL, NEWER_RECORD. */
export async function startWitness({ dataDir, voters, onDeparted, observe, ...parts }: WitnessParts): Promise<Witness> {
	const { host, incarnation } = dataDir.identity;
	const clock = realClock;
	const fence = createSelfFence({ clock, onReturn: async () => jobs.reverify() });
	const links = { ...parts.links, ...proofOf(parts.links, () => fence.committed()) };
	const { memberSince, record } = await readMembership({ dataDir, observe, endApps: () => Promise.resolve() }, links);
	const listeningSince = clock.now();
	const membership = createMembership({
		me: { host, incarnation, machines: [], adopting: false },
		heartbeats: links.heartbeats,
		clock,
		observe,
	});
	const follower = followOwnRecord(links.store, host, record);
	const departure = watchDeparture({
		host,
		dataDir: dataDir.path,
		memberSince: () => memberSince,
		clock,
		engine: { index: follower.index, owned: () => [], release: async () => {} },
		sayAdopting: () => {},
		onDeparted,
	});
	const own = ownJobs({
		dataDir,
		links,
		effects: effectsOfWitness({
			host,
			documents: links.documents,
			presence: membership.presence,
			departure,
			voters: { ...voters, lastSeen: membership.lastSeen, listeningSince: () => listeningSince },
		}),
		journal: openFileJournal(dataDir.file(JOURNAL.witness), {
			instead: dataDir.file(JOURNAL.host),
			onMovedAside: (path, reason) => observe({ type: 'journalDamaged', path, reason }),
		}),
		observe,
	});
	const { jobs, jobLogs, jobError } = own;
	const stopServing = own.serve();
	jobs.resume();
	const stopGapWatch = realClock.onGap(GAP_MS, () => jobs.reverify());

	return {
		jobs,
		jobLogs,
		jobError,
		documents: links.documents,
		lostSince: fence.lostSince,
		standing: departure.standing,
		async stop() {
			departure.stop();
			stopGapWatch();
			await jobs.drain();
			stopServing();
			membership.stop();
			follower.stop();
			own.close();
		},
	};
}

/** What others decide of this host; while there is no leader, what was known last holds. */
function followOwnRecord(store: Links['store'], host: string, first: Stored | null) {
	let record = first;
	const look = async () => {
		record = await store.read(hostRef(host));
	};
	const { stop } = repeat({ clock: realClock, everyMs: LOOK_EVERY_MS, look, onFailure: () => undefined });
	return { index: () => new Map(record ? [[refText(hostRef(host)), record]] : []), stop };
}
