// One attempt of one job: the effect's context, its time limit, its news.
import type { AnyEffect, EffectContext, Progress } from '../../actors/effect.ts';
import { CoveyError, toWire } from '../engine/errors.ts';
import type { Clock, Note } from '../engine/ports.ts';
import type { Json } from '../engine/record.ts';
import type { JobEnd, JobRow } from './journal.ts';

/** An effect that does not stop this long after it was asked to is left behind. */
const STOP_GRACE_MS = 10_000;
const PROGRESS_EVERY_MS = 200;
const MAX_OUTPUT_BYTES = 32 * 1024;

export type AttemptEnd =
	| JobEnd
	/** It was called off and has stopped. */
	| { status: 'stopped' }
	/** Its time was over and it did not stop either: it must not be tried again beside itself. */
	| { status: 'stuck'; error: ReturnType<typeof toWire> };

export interface AttemptParts {
	clock: Clock;
	effect: AnyEffect;
	row: JobRow;
	/** Aborted when the job is called off. */
	stop: AbortSignal;
	redact(text: string): string;
	onNote(note: Note): void;
	onProgress(progress: Progress): void;
	onLine(line: string): void;
}

export function runAttempt(parts: AttemptParts): Promise<AttemptEnd> {
	const { clock, effect, row, stop } = parts;
	const abort = new AbortController();
	const news = createNews(parts);
	return new Promise((resolve) => {
		const seconds = Math.round(effect.timeoutMs / 100) / 10;
		const timeout = new CoveyError('EFFECT_TIMEOUT', `${effect.name} was not done within ${seconds} s`);
		let timedOut = false;
		let cancelGrace = () => {};
		const end = (outcome: AttemptEnd) => {
			cancelLimit();
			cancelGrace();
			stop.removeEventListener('abort', onStop);
			news.close();
			resolve(outcome);
		};
		const halt = (reason: unknown, left: AttemptEnd) => {
			cancelLimit();
			cancelGrace();
			cancelGrace = clock.after(STOP_GRACE_MS, () => end(left));
			abort.abort(reason);
		};
		const onStop = () => halt(stop.reason, { status: 'stopped' });
		const cancelLimit = clock.after(effect.timeoutMs, () => {
			timedOut = true;
			halt(timeout, { status: 'stuck', error: toWire(timeout) });
		});
		stop.addEventListener('abort', onStop);
		const context: EffectContext = {
			key: row.key,
			actor: row.actor,
			epoch: row.epoch,
			attempt: row.attempts + 1,
			signal: abort.signal,
			progress: news.progress,
			note: news.note,
		};
		begin(effect, row.input, context).then(
			(output) => end(checkOutput(effect, output)),
			(thrown: unknown) => {
				if (stop.aborted) return end({ status: 'stopped' });
				const error = timedOut ? toWire(timeout) : toWire(thrown, effect.failure);
				end({ status: 'failed', error: { ...error, message: parts.redact(error.message) } });
			},
		);
		if (stop.aborted) onStop();
	});
}

async function begin(effect: AnyEffect, raw: Json, context: EffectContext): Promise<unknown> {
	const input = effect.input.safeParse(raw);
	if (!input.success) {
		const issues = input.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
		const where = issues.map((issue) => `${issue.path || 'input'}: ${issue.message}`).join('; ');
		throw new CoveyError('BAD_REQUEST', `${effect.name} cannot be done with this input: ${where}`, { details: { issues } });
	}
	return effect.run(input.data, context);
}

function checkOutput(effect: AnyEffect, output: unknown): JobEnd {
	const text = JSON.stringify(output ?? null) ?? 'null';
	if (Buffer.byteLength(text) <= MAX_OUTPUT_BYTES) return { status: 'done', output: JSON.parse(text) as Json };
	const error = new CoveyError('INTERNAL', `${effect.name} was done, but its output is larger than ${MAX_OUTPUT_BYTES} bytes`);
	return { status: 'failed', error: toWire(error) };
}

/** Passes on at most five progresses a second, the last one always. Silent once closed: a zombie has nothing to say. */
function createNews({ clock, redact, onNote, onProgress, onLine }: AttemptParts) {
	let held: Progress | null = null;
	let cancel: (() => void) | null = null;
	let closed = false;
	const flush = () => {
		cancel = null;
		if (!held) return;
		onProgress(held);
		held = null;
		cancel = clock.after(PROGRESS_EVERY_MS, flush);
	};
	return {
		progress(progress: Progress) {
			if (closed) return;
			const clean = { ...progress, step: redact(progress.step) };
			if (clean.line !== undefined) clean.line = redact(clean.line);
			if (clean.line !== undefined) onLine(clean.line);
			held = clean;
			if (!cancel) flush();
		},
		note(note: Omit<Note, 'at'>) {
			if (!closed) onNote({ ...note, text: redact(note.text), at: clock.now() });
		},
		close() {
			closed = true;
			cancel?.();
			if (held) onProgress(held);
			held = null;
		},
	};
}
