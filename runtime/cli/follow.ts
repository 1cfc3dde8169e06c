// `--wait`: shows each phase of an actor as it happens, until it rests. News come by the republished records; gaps are filled
// from the timeline, and `show` is asked every few seconds, so a lost connection loses nothing.
import { HOST_RESTING } from '../../machines/host/contract.ts';
import { RESTING } from '../../machines/install/contract.ts';
import type { QuestionOutput } from '../api/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { type ActorRecord, type ActorRef, refText } from '../engine/record.ts';
import type { Client } from './client.ts';
import { exitCodeOf } from './exit-code.ts';
import { type PhaseLines, phaseLines } from './format/phase-lines.ts';
import type { Session } from './session.ts';

export interface Followed {
	instance: string;
	phase: string;
	words: string;
	host: string | null;
	url: string | null;
	failure: { code: string; message: string; next: string } | null;
}

/** Which resting phases mean that what was asked for has been done. */
export type Wanted = readonly string[];

const ASK_EVERY_MS = 3_000;
/** A host that leaves stops answering, and the command with it: after so many questions without an answer it counts as gone. */
const UNANSWERED_WHEN_LEFT = 5;

/**
 * Begins to listen, does `act`, then follows until the actor rests in a step after the one `act` was answered with.
 * Resolves with the exit code.
 */
export async function follow(
	session: Session,
	client: Client,
	ref: ActorRef,
	wanted: Wanted,
	act: () => Promise<{ seq: number }>,
): Promise<number> {
	const lines = phaseLines(session);
	const early: ActorRecord[] = [];
	let begin = Number.POSITIVE_INFINITY;
	let shownSeq = 0;
	let settle: (ended: Followed) => void = () => {};
	const rested = new Promise<Followed>((resolve) => {
		settle = resolve;
	});
	let shown: Promise<void> = Promise.resolve();
	const take = (record: ActorRecord) => {
		if (begin === Number.POSITIVE_INFINITY) early.push(record);
		else shown = shown.then(() => show(record));
	};
	const show = async (record: ActorRecord): Promise<void> => {
		if (record.seq < begin || record.seq <= shownSeq) return;
		const from = Math.max(begin, shownSeq + 1);
		if (record.seq > from) for (const phase of await missedPhases(client, ref, from, record.seq - 1)) lines.phase(phase, '');
		shownSeq = record.seq;
		lines.phase(record.view.phase, record.view.words);
		if (isAtRest(ref, record.view.phase, record.effects))
			settle(followed(ref, record.view.phase, record.view.words, record.view.data));
	};
	const interrupt = onInterrupt();
	const stops = [client.watchActor(ref, take), client.watchProgress(ref, (news) => lines.progress(news)), interrupt.stop];
	try {
		const { seq } = await act();
		begin = seq;
		early.sort((a, b) => a.seq - b.seq).forEach(take);
		const asking = askUntilRest(session, client, ref, () => shownSeq, begin, lines, settle);
		const ended = await Promise.race([rested, asking.expired, interrupt.pressed]);
		asking.stop();
		if ('interrupted' in ended) {
			lines.end(null);
			session.print(
				`Not followed any more; the work goes on. See it with: covey show ${ref.kind === 'install' ? ref.id : refText(ref)}`,
			);
			return 0;
		}
		lines.end(ended);
		if (session.json) session.print(JSON.stringify(ended, null, 2));
		// It runs, and yet what was asked for was not done: an update was taken back.
		const isDone = wanted.includes(ended.phase) && !(ended.phase === 'running' && ended.failure);
		return isDone ? 0 : ended.failure ? exitCodeOf(ended.failure.code) || 1 : 1;
	} finally {
		for (const stop of stops) stop();
		lines.close();
	}
}

/** The phases of the steps whose news did not arrive. None where the timeline cannot be had: the next news goes on. */
async function missedPhases(client: Client, ref: ActorRef, from: number, to: number): Promise<string[]> {
	try {
		const { steps } = await client.ask('timeline', { actor: refText(ref), limit: to - from + 20 });
		return steps.filter(({ kind, seq }) => kind === 'step' && seq >= from && seq <= to).map((step) => step.to);
	} catch {
		return [];
	}
}

function askUntilRest(
	session: Session,
	client: Client,
	ref: ActorRef,
	shown: () => number,
	begin: number,
	lines: PhaseLines,
	settle: (ended: Followed) => void,
) {
	let stopped = false;
	let unanswered = 0;
	let lastPhase = '';
	let timer: NodeJS.Timeout;
	const deadline = Date.now() + session.limitMs;
	let expire: (error: Error) => void = () => {};
	const expired = new Promise<never>((_, reject) => {
		expire = reject;
	});
	const take = ({ actor: { seq, phase, words, effects }, data }: QuestionOutput<'show'>): void => {
		if (stopped || seq < begin || seq < shown()) return;
		if (seq > shown()) lines.phase(phase, words);
		unanswered = 0;
		lastPhase = phase;
		if (isAtRest(ref, phase, effects)) settle(followed(ref, phase, words, data));
	};
	const ask = async () => {
		try {
			take(await client.ask('show', { actor: refText(ref) }));
		} catch {
			// The cluster may be electing a leader; the next round asks again until the time is over.
			unanswered++;
			if (lastPhase === 'leaving' && unanswered >= UNANSWERED_WHEN_LEFT)
				settle(followed(ref, 'left', 'It does not answer any more; other hosts know whether it has left.', {}));
		}
		if (stopped) return;
		if (Date.now() > deadline)
			return expire(
				new CoveyError('TIMEOUT', `${refText(ref)} did not come to rest in ${session.limitMs / 1000} s; the work goes on.`),
			);
		timer = setTimeout(() => void ask(), Math.min(ASK_EVERY_MS, Math.max(50, deadline - Date.now())));
	};
	timer = setTimeout(() => void ask(), ASK_EVERY_MS);
	return {
		expired,
		stop: () => {
			stopped = true;
			clearTimeout(timer);
		},
	};
}

/** A resting phase with work pending is on its way: `failed` while it is being taken back. */
const isAtRest = ({ kind }: ActorRef, phase: string, effects: object): boolean =>
	((kind === 'host' ? HOST_RESTING : RESTING) as readonly string[]).includes(phase) && Object.keys(effects).length === 0;

function followed(ref: ActorRef, phase: string, words: string, data: { [key: string]: unknown }): Followed {
	return {
		instance: ref.id,
		phase,
		words,
		host: typeof data.host === 'string' ? data.host : null,
		url: phase === 'running' && typeof data.url === 'string' ? data.url : null,
		failure: (data.failure as Followed['failure']) ?? null,
	};
}

/** Listens for Ctrl-C until `stop`. */
function onInterrupt(): { pressed: Promise<{ interrupted: true }>; stop(): void } {
	let press = () => {};
	const pressed = new Promise<{ interrupted: true }>((resolve) => {
		press = () => resolve({ interrupted: true });
	});
	process.once('SIGINT', press);
	return { pressed, stop: () => void process.off('SIGINT', press) };
}
