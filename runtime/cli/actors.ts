// covey actors
import type { ActorRow } from '../api/contract.ts';
import { paintPhase, phaseWords } from './format/phase.ts';
import { type Column, table } from './format/table.ts';
import { ago } from './format/units.ts';
import type { Session } from './session.ts';

export async function actors(session: Session, options: { kind?: string }): Promise<number> {
	const answer = await session.withClient((client) =>
		client.ask('actors', options.kind === undefined ? {} : { kind: options.kind }),
	);
	session.show(answer, () =>
		answer.actors.length === 0 ? 'No actors yet.' : table(columns(session, Date.now()), answer.actors, session.width),
	);
	return 0;
}

const stateOf = ({ parked, known, phase }: ActorRow): string =>
	parked ? 'parked' : known ? phaseWords(phase) : 'from a newer Covey';

const columns = ({ paint }: Session, now: number): Column<ActorRow>[] => [
	{ title: 'ACTOR', text: ({ actor }) => actor },
	{ title: 'STATE', text: stateOf, paint: (text, row) => paintPhase(paint, row.parked ? 'parked' : row.phase, text) },
	{ title: 'OWNER', text: ({ owner }) => owner ?? 'nobody' },
	{ title: 'EPOCH', text: ({ epoch }) => String(epoch), align: 'right', drop: 4 },
	{ title: 'STEPS', text: ({ seq }) => String(seq), align: 'right', drop: 5 },
	{ title: 'SINCE', text: ({ since }) => ago(since, now), drop: 3 },
	{
		title: 'DOES',
		text: ({ effects }) => effects.map(({ effect, host }) => `${effect} on ${host ?? 'its owner'}`).join(', ') || '–',
		drop: 2,
	},
	{ title: 'WORDS', text: ({ parked, words }) => parked ?? words },
];
