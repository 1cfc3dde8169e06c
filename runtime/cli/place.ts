// covey place APP: the points of every host, and the reasons.
import type { QuestionOutput } from '../api/contract.ts';
import { type Column, table } from './format/table.ts';
import { wrap } from './format/wrap.ts';
import type { Session } from './session.ts';

type Answer = QuestionOutput<'place'>;
type Row = Answer['hosts'][number];
type Share = keyof Answer['weights'];

export async function place(session: Session, app: string): Promise<number> {
	const answer = await session.withClient((client) => client.ask('place', { app }));
	session.show(answer, () => words(session, answer));
	return answer.hosts.some(({ score }) => score !== null) ? 0 : 3;
}

function words({ paint, width }: Session, { hosts, weights }: Answer): string {
	const columns: Column<Row>[] = [
		{ title: 'HOST', text: ({ host }) => host },
		{
			title: 'SCORE',
			text: ({ score }) => (score === null ? 'ruled out' : String(score)),
			align: 'right',
			paint: (text, { score }) => (score === null ? paint.red(text) : text),
		},
		share('memory', weights),
		share('disk', weights),
		share('cpu', weights),
		share('load', weights),
		share('reliability', weights),
		...(hosts.some(({ points }) => points && points.near > 0) ? [near] : []),
	];
	const why = hosts.map(({ host, reasons }) => `${paint.bold(host)}\n${wrap(reasons.join(', '), width, '  ')}`);
	return `${table(columns, hosts, width)}\n${why.join('\n')}`;
}

const near: Column<Row> = { title: 'NEAR', text: ({ points }) => (points?.near ? `+${points.near}` : ''), align: 'right' };

/** `MEMORY/40`: so many points are possible. */
function share(name: Share, weights: Answer['weights']): Column<Row> {
	const all = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
	return {
		title: `${name.toUpperCase()}/${Math.round((100 * weights[name]) / all)}`,
		text: ({ points }) => (points === null ? '' : points[name].toFixed(1)),
		align: 'right',
		drop: 1,
	};
}
