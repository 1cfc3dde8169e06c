// The jobs of this host for one actor, as `covey show` lists them.
import type { WireError } from '../engine/errors.ts';
import type { JobHost } from '../host/job-contract.ts';
import type { JobRow } from './contract.ts';

export interface JobSources {
	host: string;
	jobs: Pick<JobHost, 'list'>;
	/** Why a job failed, as long as the journal keeps it. */
	jobError(key: string): WireError | null;
	readJobLog(key: string, lines: number): string[];
}

const JOB_LOG_LINES = 40;
const JOBS_SHOWN = 20;

/** The newest first. `actor`: `install/node-red`. */
export function jobRows(parts: JobSources, actor: string): JobRow[] {
	return parts.jobs
		.list(500)
		.filter((job) => `${job.actor.kind}/${job.actor.id}` === actor)
		.slice(0, JOBS_SHOWN)
		.map((job) => ({
			key: job.key,
			effect: job.effect,
			host: parts.host,
			state: job.state,
			attempts: job.attempts,
			startedAt: job.created,
			endedAt: job.ended,
			error: parts.jobError(job.key),
			log: parts.readJobLog(job.key, JOB_LOG_LINES),
		}));
}
