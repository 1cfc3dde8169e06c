// covey ports: the ports that apps have or are promised.
import type { QuestionOutput } from '../api/contract.ts';
import { type Column, table } from './format/table.ts';
import type { Session } from './session.ts';

type Row = QuestionOutput<'ports'>['ports'][number];

export async function ports(session: Session, { host }: { host?: string }): Promise<number> {
	const answer = await session.withClient((client) => client.ask('ports', host === undefined ? {} : { host }));
	session.show(answer, () => (answer.ports.length === 0 ? 'No app has a port.' : table(COLUMNS, answer.ports, session.width)));
	return 0;
}

const COLUMNS: Column<Row>[] = [
	{ title: 'HOST', text: ({ host }) => host },
	{ title: 'PORT', text: ({ port }) => String(port), align: 'right' },
	{ title: 'PROTOCOL', text: ({ protocol }) => protocol ?? '', drop: 2 },
	{ title: 'INSTANCE', text: ({ instance }) => instance },
	{ title: 'NAME', text: ({ name }) => name, drop: 1 },
	{ title: 'APP', text: ({ app }) => app, drop: 3 },
	{ title: 'STATE', text: ({ state }) => state },
];
