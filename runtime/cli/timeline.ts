// covey timeline ACTOR

import type { StepRow } from '../api/contract.ts';
import { refText } from '../engine/record.ts';
import { actorRef } from './actor-name.ts';
import { phaseWords } from './format/phase.ts';
import { moment } from './format/units.ts';
import type { Session } from './session.ts';

export async function timeline(session: Session, name: string, options: { limit: number }): Promise<number> {
	const answer = await session.withClient((client) =>
		client.ask('timeline', { actor: refText(actorRef(name)), limit: options.limit }),
	);
	const missing = session.paint.dim('Earlier steps cannot be had now: nobody who keeps them answers.');
	session.show(answer, () =>
		[...(answer.whole ? [] : [missing]), ...answer.steps.map((step) => stepLines(session, step))].join('\n'),
	);
	return 0;
}

function stepLines({ paint }: Session, step: StepRow): string {
	const change =
		step.from === step.to
			? phaseWords(step.to)
			: `${step.from === '' ? '' : `${phaseWords(step.from)} → `}${phaseWords(step.to)}`;
	const head = `${moment(step.at)}  ${String(step.seq).padStart(4)}  ${change.padEnd(26)}  ${eventWords(step)}  ${paint.dim(`by ${step.by}, ${step.owner ?? 'nobody'} epoch ${step.epoch}`)}`;
	const notes = step.notes.map(
		({ kind, text, ms }) => `${' '.repeat(27)}${paint.dim(kind)} ${text}${ms === undefined ? '' : paint.dim(` (${ms} ms)`)}`,
	);
	const error = step.error ? [`${' '.repeat(27)}${paint.red(`${step.error.code}: ${step.error.message}`)}`] : [];
	return [head, ...notes, ...error].join('\n');
}

/** `xstate.done.actor.buildGeneration` → `buildGeneration done` */
export function eventWords({ event, kind }: Pick<StepRow, 'event' | 'kind'>): string {
	if (kind !== 'step') return event;
	const [, outcome, id] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(event) ?? [];
	if (outcome) return `${id} ${outcome === 'done' ? 'done' : 'failed'}`;
	const [, delay] = /^xstate\.after\.([A-Za-z]+)\./.exec(event) ?? [];
	return delay ? `${delay} is over` : event;
}
