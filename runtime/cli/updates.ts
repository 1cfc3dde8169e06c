// covey updates: which apps have a newer version.
import type { QuestionOutput } from '../api/contract.ts';
import { type Column, table } from './format/table.ts';
import type { Session } from './session.ts';

type Row = QuestionOutput<'updates'>['updates'][number];

export async function updates(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('updates', {}));
	session.show(answer, () => {
		if (answer.updates.length === 0)
			return 'No app here has a version of its own: programs of a host are updated by its package manager.';
		const waiting = answer.updates.filter(({ update }) => update).map(({ instance }) => instance);
		const unknown = [...new Set(answer.updates.flatMap(({ why }) => why ?? []))];
		const lines = [
			waiting.length > 0 ? `\nUpdate with: covey update ${waiting[0]} --wait` : '\nEvery app has the version of the catalog.',
			...unknown.map((why) => `Newest versions are not all known: ${why}.`),
		];
		return [table(columns(session), answer.updates, session.width), ...lines].join('\n');
	});
	return 0;
}

const columns = ({ paint }: Session): Column<Row>[] => [
	{ title: 'NAME', text: ({ instance }) => instance },
	{ title: 'APP', text: ({ app }) => app, drop: 2 },
	{ title: 'HOST', text: ({ host }) => host, drop: 1 },
	{ title: 'INSTALLED', text: ({ installed }) => installed },
	{ title: 'CATALOG', text: ({ catalog }) => catalog ?? '–', paint: (text, { update }) => (update ? paint.yellow(text) : text) },
	{ title: 'NEWEST', text: ({ newest }) => newest ?? 'not known' },
];
