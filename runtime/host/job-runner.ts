// Running jobs: attempts, waits between them, doubt about whether anybody still wants them, and being called off.
import type { Progress } from '../../actors/effect.ts';
import { CoveyError, toWire, type WireError } from '../engine/errors.ts';
import { refText } from '../engine/record.ts';
import { type AttemptEnd, runAttempt } from './job-attempt.ts';
import type { JobHostParts, Waiting } from './job-contract.ts';
import { createFreezeWatch } from './job-freeze.ts';
import type { Ledger } from './job-ledger.ts';
import { afterFailure, boundNotes, markOf, orderOf, STORE_WAIT_MS } from './job-policy.ts';
import type { JobEnd, JobRow } from './journal.ts';
import { pause, within } from './waiting.ts';

const ASK_MS = 10_000;

export interface RunningJob {
	readonly row: JobRow;
	readonly waiting: Waiting | undefined;
	readonly progress: Progress | undefined;
}

export interface JobRunner {
	get(key: string): RunningJob | undefined;
	all(): RunningJob[];
	/** `doubtful`: ask whether it is wanted before an attempt begins. */
	start(row: JobRow, doubtful: boolean): void;
	/** The same job for another owner or epoch. */
	update(row: JobRow): void;
	/** Ends the job for good; returns its row, for the caller to journal. */
	callOff(key: string, why: string): JobRow | null;
	reverify(): void;
	/** Stops everything and leaves it `running` in the journal. */
	drain(): Promise<void>;
	kill(): void;
}

interface Live {
	row: JobRow;
	stop: AbortController;
	/** Set while it is not certain that anybody wants the job. */
	doubt: Promise<void> | null;
	waiting: Waiting | undefined;
	progress: Progress | undefined;
	over: Promise<void>;
}

export function createJobRunner(parts: JobHostParts, ledger: Ledger, onEnd: (row: JobRow) => void): JobRunner {
	const { clock, effects, observe } = parts;
	const redact = parts.redact ?? ((text: string) => text);
	const running = new Map<string, Live>();
	/** Called off, but not stopped yet: the actor's next job waits for these. */
	const stopping = new Map<string, Set<Promise<void>>>();
	const freeze = createFreezeWatch(clock, () => running.size > 0, froze);
	let phase: 'open' | 'draining' | 'gone' = 'open';

	const isGoing = (live: Live) => phase === 'open' && running.get(live.row.key) === live;

	/** A newer owner has spoken since, but not of this job: it must not begin under the old epoch (V3). */
	const isBehind = (live: Live) => (ledger.mark(live.row.actor)?.epoch ?? 0) > live.row.epoch;

	async function run(live: Live): Promise<void> {
		const earlier = [...(stopping.get(refText(live.row.actor)) ?? [])];
		if (earlier.length > 0) {
			live.waiting = 'earlierJob';
			await Promise.all(earlier);
		}
		while (isGoing(live)) {
			freeze.look();
			const waitMs = live.row.nextAt - clock.now();
			if (waitMs > 0) {
				live.waiting = 'retry';
				await pause(clock, Math.min(waitMs, longestWaitMs(live.row)), live.stop.signal);
				live.row = { ...live.row, nextAt: 0 };
			} else if (isBehind(live) && !live.doubt) {
				doubt(live);
			} else if (live.doubt) {
				live.waiting = 'store';
				await live.doubt;
			} else {
				live.waiting = undefined;
				const end = await attempt(live);
				if (isGoing(live) || (phase === 'draining' && end.status === 'done')) conclude(live, end);
			}
		}
	}

	/** A wall clock set back must not turn a backoff into days. */
	const longestWaitMs = (row: JobRow) => 1.2 * Math.max(STORE_WAIT_MS, ...(effects.get(row.effect)?.backoffMs ?? []));

	function attempt(live: Live): Promise<AttemptEnd> {
		const { row } = live;
		const effect = effects.get(row.effect);
		if (!effect) {
			const message = `The host ${parts.host} runs a version of Covey that does not know the effect "${row.effect}".`;
			return Promise.resolve({ status: 'failed', error: toWire(new CoveyError('UNKNOWN_EFFECT', message)) });
		}
		return runAttempt({
			clock,
			effect,
			row,
			stop: live.stop.signal,
			redact,
			onNote(note) {
				if (phase === 'gone') return;
				live.row = { ...live.row, notes: boundNotes([...live.row.notes, note]) };
				parts.logs?.append(row.key, `${note.kind}: ${note.text}`);
			},
			onProgress(progress) {
				if (phase === 'gone') return;
				live.progress = progress;
				const { actor, key } = row;
				parts.publishProgress({ actor, key, effect: effect.name, attempt: row.attempts + 1, at: clock.now(), progress });
			},
			onLine(line) {
				if (phase !== 'gone') parts.logs?.append(row.key, line);
			},
		});
	}

	function conclude(live: Live, end: AttemptEnd): void {
		const row = { ...live.row, attempts: live.row.attempts + 1, interrupted: 0 };
		switch (end.status) {
			case 'stopped':
				break;
			case 'done':
				finish(row, end);
				break;
			case 'failed':
				retryOrFinish(live, row, end.error);
				break;
			case 'stuck':
				observe({ type: 'jobStuck', key: row.key });
				finish(row, { status: 'failed', error: end.error });
				break;
		}
	}

	function retryOrFinish(live: Live, row: JobRow, error: WireError): void {
		const { attempts, created } = row;
		const backoffMs = effects.get(row.effect)?.backoffMs ?? [];
		const next = afterFailure(error, { attempts, ageMs: clock.now() - created }, backoffMs, parts.rng);
		if (next.do === 'fail') {
			finish(row, { status: 'failed', error });
			return;
		}
		live.row = { ...row, attempts: next.do === 'wait' ? attempts - 1 : attempts, nextAt: clock.now() + next.inMs };
		ledger.save({ jobs: [live.row] });
		observe({ type: 'jobRetry', key: row.key, code: error.code, attempt: row.attempts, inMs: next.inMs });
	}

	function finish(row: JobRow, end: JobEnd): void {
		const ended = { ...row, state: end.status, end, ended: clock.now() };
		running.delete(row.key);
		ledger.save({ jobs: [ended] });
		const code = end.status === 'failed' ? { code: end.error.code } : {};
		observe({ type: 'jobEnded', key: row.key, state: end.status, ...code, ms: ended.ended - row.created });
		if (phase === 'open') onEnd(ended);
	}

	function callOff(key: string, why: string): JobRow | null {
		const live = running.get(key);
		if (!live) return null;
		running.delete(key);
		const row: JobRow = { ...live.row, state: 'aborted', ended: clock.now(), acked: true };
		const actor = refText(row.actor);
		const set = stopping.get(actor) ?? new Set();
		stopping.set(actor, set.add(live.over));
		void live.over.then(() => {
			set.delete(live.over);
			if (set.size === 0 && stopping.get(actor) === set) stopping.delete(actor);
		});
		live.stop.abort(new CoveyError('CANCELLED', why));
		observe({ type: 'jobEnded', key, state: 'aborted', code: 'CANCELLED', ms: clock.now() - row.created });
		return row;
	}

	function doubt(live: Live): void {
		live.doubt ??= ask(live).then(() => {
			live.doubt = null;
		});
	}

	/** Until the store tells: nobody but the record knows whether the job is wanted. */
	async function ask(live: Live): Promise<void> {
		for (let tries = 0; isGoing(live); tries++) {
			const asked = await within(clock, ASK_MS, parts.wanted(orderOf(live.row, parts.host)));
			if (!isGoing(live)) return;
			if (asked.status === 'ok' && !asked.value) {
				const row = callOff(live.row.key, 'Nobody wants this any more: its actor went on without it.');
				if (row) ledger.save({ jobs: [row] });
				return;
			}
			const mark = ledger.mark(live.row.actor);
			// A lower epoch than seen is an old leader's answer.
			if (asked.status === 'ok' && asked.value && asked.value.epoch >= (mark?.epoch ?? 0)) {
				live.row = { ...live.row, ...asked.value };
				ledger.save({ jobs: [live.row], mark: [live.row.actor, markOf(mark, asked.value.epoch)] });
				return;
			}
			await pause(clock, Math.min(5_000, 250 * 2 ** tries), live.stop.signal);
		}
	}

	function froze(forMs: number): void {
		observe({ type: 'hostFroze', forMs });
		for (const live of running.values()) doubt(live);
	}

	return {
		get: (key) => running.get(key),
		all: () => [...running.values()],
		start(row, doubtful) {
			const over = Promise.resolve();
			const live: Live = { row, stop: new AbortController(), doubt: null, waiting: undefined, progress: undefined, over };
			running.set(row.key, live);
			freeze.arm();
			if (doubtful) doubt(live);
			live.over = run(live);
		},
		update(row) {
			const live = running.get(row.key);
			if (live) live.row = row;
		},
		callOff,
		reverify() {
			for (const live of running.values()) doubt(live);
		},
		async drain() {
			phase = 'draining';
			freeze.stop();
			const left = [...running.values()];
			for (const live of left) live.stop.abort(new CoveyError('CANCELLED', `The host ${parts.host} is shutting down.`));
			await Promise.all([...left.map((live) => live.over), ...[...stopping.values()].flatMap((set) => [...set])]);
			// A stop on purpose is no interruption: it must not count against the job.
			const rows = [...running.values()].map(({ row }) => ({ ...row, interrupted: row.interrupted - 1 }));
			if (rows.length > 0) ledger.save({ jobs: rows });
		},
		kill() {
			phase = 'gone';
			freeze.stop();
			running.clear();
		},
	};
}
