// covey updates: which apps have a newer version, and whose images are another program by now.
import type { QuestionOutput } from '../api/contract.ts';
import { type Column, table } from './format/table.ts';
import { wrap } from './format/wrap.ts';
import type { Session } from './session.ts';

type Answer = QuestionOutput<'updates'>;
type Row = Answer['updates'][number];
type ImageRow = Answer['images'][number];

export async function updates(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('updates', {}));
	session.show(answer, () => [...packageWords(session, answer), ...imageWords(session, answer)].join('\n'));
	return 0;
}

function packageWords(session: Session, { updates: rows }: Answer): string[] {
	if (rows.length === 0) return [wrap(NO_VERSIONS, session.width)];
	const waiting = rows.filter(({ update }) => update).map(({ instance }) => instance);
	return [
		table(columns(session), rows, session.width),
		waiting.length > 0 ? `Update with: covey update ${waiting[0]} --wait` : 'Every app has the version of the catalog.',
		...unknownWords(session, 'Newest versions are not all known', rows),
	];
}

const NO_VERSIONS = 'No app here has a version of its own: programs of a host are updated by its package manager.';

function imageWords(session: Session, { images }: Answer): string[] {
	if (images.length === 0) return [];
	const moved = images.some((row) => hasMoved(row));
	return [
		`\n${table(imageColumns(session), images, session.width)}`,
		...(moved ? [wrap('A changed image is taken, and pinned anew, by the next update of its app.', session.width)] : []),
		...unknownWords(session, 'Images could not all be compared', images),
	];
}

const unknownWords = ({ width }: Session, title: string, rows: readonly { why: string | null }[]): string[] =>
	[...new Set(rows.flatMap(({ why }) => why ?? []))].map((why) => wrap(`${title}: ${why}.`, width));

const columns = ({ paint }: Session): Column<Row>[] => [
	{ title: 'NAME', text: ({ instance }) => instance },
	{ title: 'APP', text: ({ app }) => app, drop: 2 },
	{ title: 'HOST', text: ({ host }) => host, drop: 1 },
	{ title: 'INSTALLED', text: ({ installed }) => installed },
	{ title: 'CATALOG', text: ({ catalog }) => catalog ?? '–', paint: (text, { update }) => (update ? paint.yellow(text) : text) },
	{ title: 'NEWEST', text: ({ newest }) => newest ?? 'not known' },
];

const imageColumns = ({ paint }: Session): Column<ImageRow>[] => [
	{ title: 'NAME', text: ({ instance }) => instance },
	{ title: 'HOST', text: ({ host }) => host, drop: 1 },
	{ title: 'PINNED', text: ({ pinned }) => (pinned === null ? 'not pinned' : short(pinned)) },
	{ title: 'NOW', text: nowWords, paint: (text, row) => (hasMoved(row) ? paint.yellow(text) : text) },
	{ title: 'IMAGE', text: ({ image }) => image },
];

const hasMoved = ({ pinned, newest }: ImageRow): boolean => pinned !== null && newest !== null && newest !== pinned;

function nowWords(row: ImageRow): string {
	if (row.newest === null) return 'not known';
	return row.newest === row.pinned ? 'the same' : short(row.newest);
}

/** As Docker and Podman shorten it. */
const short = (digest: string): string => digest.replace('sha256:', '').slice(0, 12);
