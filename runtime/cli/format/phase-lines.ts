// The lines of `--wait`: on a terminal one live line per phase, in a pipe one plain line per change.
import type { ProgressNews } from '../../api/contract.ts';
import type { Session } from '../session.ts';
import { paintPhase, phaseWords } from './phase.ts';
import { cut } from './table.ts';
import { bar, duration, size } from './units.ts';

export interface PhaseLines {
	phase(phase: string, words: string): void;
	progress(news: ProgressNews): void;
	/** The last words; null when it is not followed to the end. */
	end(
		ended: { phase: string; words: string; url: string | null; failure: { message: string; next: string } | null } | null,
	): void;
	close(): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
/** Phases that tell that the one before them did not get done. */
const BROKEN = new Set(['rollingBack', 'failed', 'error', 'unreachable']);
const PLAIN_EVERY_MS = 5_000;

export function phaseLines(session: Session, now: () => number = Date.now): PhaseLines {
	if (session.json) return { phase: () => {}, progress: () => {}, end: () => {}, close: () => {} };
	return session.live ? liveLines(session, now) : plainLines(session, now);
}

function plainLines(session: Session, now: () => number): PhaseLines {
	let current = '';
	let step = '';
	let toldAt = 0;
	return {
		phase(phase, words) {
			if (`${phase} ${words}` === current) return;
			current = `${phase} ${words}`;
			session.print(words === '' ? phaseWords(phase) : `${phaseWords(phase)}: ${words}`);
		},
		progress(news) {
			// A new step at once, the same one again every few seconds.
			if (news.step === step && now() - toldAt < PLAIN_EVERY_MS) return;
			step = news.step;
			toldAt = now();
			session.print(`  ${progressWords(news)}`);
		},
		end(ended) {
			const told = ended && `${ended.phase} ${ended.words}` === current;
			if (!told) lastWords(session, ended);
			else if (ended.failure) session.print(`What to do: ${ended.failure.next}`);
		},
		close: () => {},
	};
}

function liveLines(session: Session, now: () => number): PhaseLines {
	const { stdout } = session.parts;
	let current: { phase: string; words: string; since: number } | null = null;
	let news: ProgressNews | null = null;
	let frame = 0;
	const draw = () => {
		if (!current) return;
		const detail = news ? progressWords(news) : current.words;
		const spent = duration(now() - current.since);
		const text = cut(`${FRAMES[frame++ % FRAMES.length]} ${phaseWords(current.phase)}  ${detail}  ${spent}`, session.width - 1);
		stdout.write(`\r\u001b[2K${text}`);
	};
	const finish = (next: string) => {
		if (!current) return;
		const mark = BROKEN.has(next) ? paintPhase(session.paint, 'bad', '✗') : paintPhase(session.paint, 'good', '✓');
		stdout.write(`\r\u001b[2K${mark} ${phaseWords(current.phase)}  ${session.paint.dim(duration(now() - current.since))}\n`);
		current = null;
	};
	const timer = setInterval(draw, FRAME_MS);
	return {
		phase(phase, words) {
			if (current?.phase === phase) {
				current.words = words;
				return;
			}
			finish(phase);
			news = null;
			current = { phase, words, since: now() };
			draw();
		},
		progress(latest) {
			news = latest;
		},
		end(ended) {
			if (current) stdout.write('\r\u001b[2K');
			current = null;
			lastWords(session, ended);
		},
		close: () => clearInterval(timer),
	};
}

/** `installing 412 packages  ████████░░ 78 %, 12 MiB of 30 MiB, 20 s left` */
export function progressWords(
	news: Pick<ProgressNews, 'step' | 'percent' | 'bytes' | 'totalBytes' | 'etaMs' | 'attempt'>,
): string {
	const parts: string[] = [];
	if (news.percent !== undefined) parts.push(`${bar(news.percent / 100)} ${Math.round(news.percent)} %`);
	if (news.bytes !== undefined)
		parts.push(news.totalBytes === undefined ? size(news.bytes) : `${size(news.bytes)} of ${size(news.totalBytes)}`);
	if (news.etaMs !== undefined && news.etaMs >= 1_000) parts.push(`about ${duration(news.etaMs)} left`);
	if (news.attempt > 1) parts.push(`try ${news.attempt}`);
	return [news.step, parts.join(', ')].filter((part) => part !== '').join('  ');
}

function lastWords(session: Session, ended: Parameters<PhaseLines['end']>[0]): void {
	if (!ended) return;
	session.print(`${paintPhase(session.paint, ended.phase, phaseWords(ended.phase))}: ${ended.words}`);
	if (ended.failure && ended.phase !== 'running') session.print(`What to do: ${ended.failure.next}`);
}
