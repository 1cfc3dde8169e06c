// The jobs of this host: their journal and logs, the orders that reach it, and what it tells of them.
import type { EffectRegistry } from '../../actors/effect.ts';
import { toWire, type WireError } from '../engine/errors.ts';
import type { Cancel } from '../engine/ports.ts';
import { refText } from '../engine/record.ts';
import type { DataDir } from './data-dir.ts';
import type { HostObservation } from './host-parts.ts';
import type { JobHost } from './job-contract.ts';
import { fileJobLogs } from './job-logs.ts';
import { createJobHost } from './jobs.ts';
import type { Journal } from './journal.ts';
import type { Links } from './links.ts';
import { claimOf } from './live-job.ts';
import { realClock } from './real-clock.ts';
import { redactSecrets } from './redact.ts';

export interface OwnJobsParts {
	dataDir: DataDir;
	links: Pick<Links, 'store' | 'pushCompletion' | 'publish' | 'serveJobs'>;
	effects: EffectRegistry;
	journal: Journal;
	observe(observation: HostObservation): void;
}

export interface OwnJobs {
	jobs: JobHost;
	jobLogs: { read(key: string, lines: number): string[] };
	/** Why a job failed, as long as the journal keeps it. */
	jobError(key: string): WireError | null;
	/** Takes orders from now on. */
	serve(): Cancel;
	/** After `jobs.drain`. */
	close(): void;
}

export function ownJobs({ dataDir, links, effects, journal, observe }: OwnJobsParts): OwnJobs {
	const { host } = dataDir.identity;
	const jobLogs = fileJobLogs(dataDir.folder('jobs'), {
		onFailure: (thrown) => observe({ type: 'jobLogFailed', error: toWire(thrown) }),
	});
	const jobs = createJobHost({
		host,
		clock: realClock,
		rng: Math.random,
		journal,
		effects,
		wanted: (order) => claimOf(links.store, order),
		push: ({ owner, completion }) => links.pushCompletion(owner, completion),
		publishProgress: ({ actor, progress, ...news }) =>
			links.publish({ type: 'progress', actor }, { ...news, ...progress, actor: refText(actor), host }),
		observe,
		logs: jobLogs,
		redact: redactSecrets,
	});
	return {
		jobs,
		jobLogs,
		jobError(key) {
			const end = journal.job(key)?.end;
			return end?.status === 'failed' ? end.error : null;
		},
		serve: () =>
			links.serveJobs({
				order: jobs.order,
				retire: async (actor, epoch, live, seq) => void (await jobs.retire(actor, epoch, live, seq)),
			}),
		close: () => journal.close(),
	};
}
