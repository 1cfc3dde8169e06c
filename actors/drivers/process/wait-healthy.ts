// Waits until a unit is well, or says at once why it will not be.
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { Reporter, UnitState } from '../driver.ts';
import { describeCheck } from './health.ts';
import { lastLines } from './log-files.ts';
import type { Supervisor } from './supervisor.ts';

export interface WaitOptions {
	supervisor: Supervisor;
	log: string;
	report: Reporter;
	onChange(listener: () => void): () => void;
}

/** On top of the start period, for restarts after crashes while it starts. */
const EXTRA_MS = 30_000;
const TELL_MS = 1_000;

/** Rejects with UNHEALTHY, START_FAILED, CANCELLED, or with what kept it from starting (PORT_IN_USE, NEVER_EMPTY, DISK_FULL, …). */
export function waitHealthy({ supervisor, log, report, onChange }: WaitOptions): Promise<void> {
	const { app } = supervisor.unit;
	const startedAt = Date.now();
	const limitMs = (app.health?.startPeriodMs ?? 0) + EXTRA_MS;
	const withLog = (error: CoveyError) =>
		new CoveyError(error.code, error.message, { details: { ...error.details, log: lastLines(log, 20) }, cause: error });
	return new Promise((resolve, reject) => {
		const settle = (error: CoveyError | null) => {
			clearInterval(teller);
			clearTimeout(limit);
			report.signal.removeEventListener('abort', cancel);
			forget();
			if (error) reject(error.code === 'CANCELLED' ? error : withLog(error));
			else resolve();
		};
		const look = () => {
			const outcome = judge(supervisor.status().status, supervisor);
			if (outcome !== 'waiting') settle(outcome);
		};
		const tell = () => {
			const what = app.health ? describeCheck(app.health) : 'it to stay up';
			const share = app.health
				? { percent: Math.min(99, Math.floor(((Date.now() - startedAt) / app.health.startPeriodMs) * 100)) }
				: {};
			report.progress({ step: `${app.instance}: waiting for ${what}`, ...share });
		};
		const cancel = () => settle(new CoveyError('CANCELLED', `The wait for ${app.instance} was cancelled.`));
		const teller = setInterval(tell, TELL_MS);
		const limit = setTimeout(
			() =>
				settle(
					supervisor.failure ?? new CoveyError('UNHEALTHY', `${app.instance} did not become healthy in ${limitMs / 1000} s.`),
				),
			limitMs,
		);
		report.signal.addEventListener('abort', cancel, { once: true });
		const forget = onChange(look);
		tell();
		if (report.signal.aborted) cancel();
		else look();
	});
}

function judge(state: UnitState, supervisor: Supervisor): CoveyError | null | 'waiting' {
	const { instance, health } = supervisor.unit.app;
	if (state.state === 'stopped') return new CoveyError('START_FAILED', `${instance} is stopped.`);
	if (state.state === 'failed') return supervisor.failure ?? new CoveyError('START_FAILED', state.reason);
	if (state.state === 'waiting') {
		const failure = supervisor.failure;
		return failure && failure.code !== 'START_FAILED' && failure.code !== 'UNHEALTHY' ? failure : 'waiting';
	}
	if (state.state === 'starting') return 'waiting';
	if (state.healthy === false) return supervisor.failure ?? new CoveyError('UNHEALTHY', `${instance} is not healthy.`);
	return state.healthy === true || health === null ? null : 'waiting';
}
