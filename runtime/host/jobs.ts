// The job host: effects that live on this host (DESIGN section 5). A job is on disk before it begins, obeys its actor's
// highest epoch only, survives restarts of this process and of its owner, and its result is told until it is known.
import { CoveyError, toWire } from '../engine/errors.ts';
import type { JobAnswer, JobOrder } from '../engine/ports.ts';
import { type ActorRef, refText } from '../engine/record.ts';
import type { JobHost, JobHostParts, JobStatus, RetireAnswer } from './job-contract.ts';
import { createDelivery, type DeliveryEnd } from './job-delivery.ts';
import { createLedger } from './job-ledger.ts';
import { answerOf, cancelled, isRetired, judgeOrder, markOf, orderOf } from './job-policy.ts';
import { createJobRunner } from './job-runner.ts';
import type { ActorMark, JobRow } from './journal.ts';

export type { JobHost, JobHostParts } from './job-contract.ts';

/** A job during which the process died so often is probably what kills it. */
const MAX_INTERRUPTIONS = 10;
const KEEP_MS = 7 * 24 * 3_600_000;
const PRUNE_EVERY_MS = 3_600_000;

export function createJobHost(parts: JobHostParts): JobHost {
	const { host, clock, rng, journal, observe } = parts;
	const ledger = createLedger(journal, clock, (thrown) => observe({ type: 'journalFailed', error: toWire(thrown) }));
	const wanted = (row: JobRow) => parts.wanted(orderOf(row, host));
	const delivery = createDelivery({ clock, rng, push: parts.push, wanted, onEnd: told });
	const runner = createJobRunner(parts, ledger, (row) => delivery.deliver(row));
	let open = true;
	let prunedAt = Number.NEGATIVE_INFINITY;

	async function order(asked: JobOrder): Promise<JobAnswer> {
		if (!open) throw new CoveyError('HOST_UNREACHABLE', `The host ${host} is shutting down and takes no jobs.`);
		const known = runner.get(asked.key)?.row ?? ledger.job(asked.key);
		const verdict = judgeOrder(asked, ledger.mark(asked.actor), known);
		switch (verdict.do) {
			case 'refuse':
				observe({ type: 'jobRefused', key: asked.key, epoch: asked.epoch, seen: verdict.epoch });
				return { status: 'refused', epoch: verdict.epoch };
			case 'void':
				return cancelled(asked.key);
			case 'attach':
				return attach(asked, verdict.row);
			case 'begin':
				return begin(asked);
		}
	}

	function attach(asked: JobOrder, known: JobRow): JobAnswer {
		const row = { ...known, owner: asked.owner, epoch: asked.epoch };
		if (row.owner !== known.owner || row.epoch !== known.epoch) {
			ledger.save({ jobs: [row], mark: [row.actor, markOf(ledger.mark(row.actor), row.epoch)] });
			observe({ type: 'jobAttached', key: row.key, epoch: row.epoch, effect: row.effect, attempt: row.attempts + 1 });
		}
		if (row.end) {
			if (!row.acked) delivery.deliver(row);
		} else if (runner.get(row.key)) runner.update(row);
		else runner.start(row, false);
		return answerOf(row);
	}

	function begin(asked: JobOrder): JobAnswer {
		const { key, actor, epoch, token, effect, input, owner } = asked;
		const none = { attempts: 0, interrupted: 0, nextAt: 0, end: null, notes: [], ended: null, acked: false };
		const row: JobRow = { key, actor, epoch, token, effect, input, owner, state: 'running', created: clock.now(), ...none };
		// A journal that lost its marks cannot tell a late order of an old owner: then the record is asked first.
		const doubtful = journal.forgot && !ledger.mark(actor);
		try {
			ledger.begin(row, markOf(ledger.mark(actor), epoch));
		} catch (thrown) {
			const error = toWire(thrown, 'EFFECT_FAILED');
			observe({ type: 'journalFailed', error });
			const message = `The job was not begun because the journal of ${host} could not be written: ${error.message}`;
			return { status: 'failed', error: { ...error, message }, notes: [] };
		}
		observe({ type: 'jobBegan', key, epoch, effect, attempt: 1 });
		prune();
		runner.start(row, doubtful);
		return { status: 'running' };
	}

	async function retire(actor: ActorRef, epoch: number, live: readonly string[], seq?: number): Promise<RetireAnswer> {
		const seen = ledger.mark(actor);
		if (seen && epoch < seen.epoch) return { status: 'refused', epoch: seen.epoch };
		const mark = retiredMark(markOf(seen, epoch), live, seq);
		if (!mark) return { status: 'retired', aborted: [] };
		const isOut = (row: JobRow) =>
			refText(row.actor) === refText(actor) && (seq === undefined ? !live.includes(row.key) : isRetired(mark, row));
		const rows: JobRow[] = [];
		for (const { row } of runner.all().filter((job) => isOut(job.row))) {
			const off = runner.callOff(row.key, 'Its owner called it off.');
			if (off) rows.push(off);
		}
		const aborted = rows.map((row) => row.key);
		for (const row of ledger.undelivered().filter(isOut)) {
			delivery.drop(row.key);
			rows.push({ ...row, acked: true });
		}
		ledger.save({ jobs: rows, mark: [actor, mark] });
		return { status: 'retired', aborted };
	}

	function resume(): void {
		prune();
		for (const row of journal.running().filter(({ key }) => !runner.get(key))) {
			const again = { ...row, interrupted: row.interrupted + 1 };
			if (again.interrupted > MAX_INTERRUPTIONS) {
				giveUp(again);
				continue;
			}
			ledger.save({ jobs: [again] });
			observe({ type: 'jobResumed', key: row.key, epoch: row.epoch, effect: row.effect, attempt: row.attempts + 1 });
			runner.start(again, true);
		}
		for (const row of ledger.undelivered()) delivery.deliver(row);
	}

	function giveUp(row: JobRow): void {
		const message = `${row.effect} was given up: the host's process ended ${MAX_INTERRUPTIONS} times while it ran.`;
		const error = toWire(new CoveyError('EFFECT_FAILED', message));
		ledger.save({ jobs: [{ ...row, state: 'failed', end: { status: 'failed', error }, ended: clock.now() }] });
		observe({ type: 'jobEnded', key: row.key, state: 'failed', code: 'EFFECT_FAILED', ms: clock.now() - row.created });
	}

	function told(row: JobRow, how: DeliveryEnd): void {
		ledger.save({ jobs: [row] });
		observe({ type: 'jobToldOwner', key: row.key, how });
	}

	function prune(): void {
		if (clock.now() - prunedAt < PRUNE_EVERY_MS) return;
		prunedAt = clock.now();
		try {
			journal.prune(prunedAt - KEEP_MS);
		} catch (thrown) {
			observe({ type: 'journalFailed', error: toWire(thrown) });
		}
	}

	return {
		order,
		retire,
		resume,
		reverify: runner.reverify,
		list: (limit = 100) => journal.recent(limit).map((row) => statusOf(row, runner.get(row.key))),
		async drain() {
			open = false;
			delivery.stop();
			await runner.drain();
			ledger.stop();
		},
		kill() {
			open = false;
			delivery.stop();
			runner.kill();
			ledger.stop();
		},
	};
}

/** Null when a later retirement is known already. */
function retiredMark(mark: ActorMark, live: readonly string[], seq: number | undefined): ActorMark | null {
	if (seq === undefined) return mark;
	return seq < mark.retiredSeq ? null : { ...mark, retiredSeq: seq, kept: [...live] };
}

function statusOf(stored: JobRow, running: ReturnType<ReturnType<typeof createJobRunner>['get']>): JobStatus {
	const { key, actor, epoch, effect, state, attempts, nextAt, created, ended, acked } = running?.row ?? stored;
	const status: JobStatus = { key, actor, epoch, effect, state, attempts, nextAt, created, ended, acked };
	if (running?.waiting) status.waiting = running.waiting;
	if (running?.progress) status.progress = running.progress;
	return status;
}
