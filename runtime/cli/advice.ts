// covey advice: which hosts are too full, and what had better move.
import { describeMove } from '../../machines/placement/advise.ts';
import type { QuestionInput, QuestionOutput } from '../api/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { type Column, table } from './format/table.ts';
import { percent } from './format/units.ts';
import { sections } from './format/wrap.ts';
import type { Session } from './session.ts';

type Answer = QuestionOutput<'advice'>;

export interface AdviceOptions {
	/** `radarr=birch` */
	whatIf?: string;
}

export async function advice(session: Session, { whatIf }: AdviceOptions): Promise<number> {
	const answer = await session.withClient((client) => client.ask('advice', whatIf === undefined ? {} : moveOf(whatIf)));
	session.show(answer, () => words(session, answer, whatIf !== undefined));
	return whatIf !== undefined && answer.moves.length === 0 ? 3 : 0;
}

function moveOf(text: string): QuestionInput<'advice'> {
	const [, move, to] = /^([a-z0-9-]+)=([a-z0-9-]+)$/.exec(text) ?? [];
	if (move === undefined || to === undefined) throw new CoveyError('USAGE', `--what-if takes NAME=HOST, not "${text}".`);
	return { move, to };
}

const COLUMNS: Column<Answer['hosts'][number]>[] = [
	{ title: 'HOST', text: ({ host }) => host },
	{ title: 'MEMORY', text: ({ memoryPercent }) => percent(memoryPercent), align: 'right' },
	{ title: 'DISK', text: ({ diskPercent }) => percent(diskPercent), align: 'right' },
];

function words({ paint, width }: Session, { hosts, trouble, moves, refused }: Answer, isWhatIf: boolean): string {
	const said = [
		{ title: 'Too full', lines: trouble.map((one) => `${one.host}: ${one.words}`) },
		{ title: isWhatIf ? 'If it moved' : 'Had better move', lines: moves.map(describeMove) },
		{ title: isWhatIf ? 'It cannot' : 'Left as it is', lines: refused.map(({ instance, words: why }) => `${instance}: ${why}`) },
		...(trouble.length === 0 && !isWhatIf ? [{ title: 'Nothing has to move', lines: ['every host has room left'] }] : []),
		...(moves.length > 0
			? [
					{
						title: 'Until apps can be moved with their data',
						lines: ['`covey cordon HOST` keeps new apps away; `covey export NAME --stop` takes one out'],
					},
				]
			: []),
	].filter(({ lines }) => lines.length > 0);
	return `${table(COLUMNS, hosts, width)}\n${sections(said, width, paint.bold)}`;
}
