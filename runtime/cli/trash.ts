// covey trash: the data of removed apps, restored or deleted.
import type { QuestionOutput } from '../api/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { type Column, table } from './format/table.ts';
import { duration, moment, size } from './format/units.ts';
import type { Session } from './session.ts';

type Row = QuestionOutput<'trash.list'>['items'][number];

export interface TrashOptions {
	host?: string;
	all?: boolean;
}

export async function listTrash(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('trash.list', {}));
	session.show(answer, () => {
		const silent = answer.silent.length > 0 ? `Not answered: ${answer.silent.join(', ')}\n` : '';
		if (answer.items.length === 0) return `${silent}The trash is empty.`;
		return `${silent}${table(columns(Date.now()), answer.items, session.width)}`;
	});
	return 0;
}

const columns = (now: number): Column<Row>[] => [
	{ title: 'ID', text: ({ id }) => id },
	{ title: 'APP', text: ({ app }) => app ?? '?', drop: 3 },
	{ title: 'HOST', text: ({ host }) => host },
	{ title: 'SIZE', text: ({ bytes }) => (bytes === null ? 'large' : size(bytes)), align: 'right' },
	{ title: 'REMOVED', text: ({ at }) => moment(at), drop: 2 },
	{ title: 'KEPT FOR', text: ({ expiresAt }) => oneUnit(expiresAt - now), drop: 1 },
];

const oneUnit = (ms: number): string => (ms <= 0 ? 'no longer' : duration(ms).split(' ').slice(0, 2).join(' '));

export async function restoreTrash(session: Session, id: string, { host }: TrashOptions): Promise<number> {
	const answer = await session.withClient((client) =>
		client.ask('trash.restore', { id, ...(host === undefined ? {} : { host }) }),
	);
	const { instance, app } = answer;
	session.show(answer, () => {
		const name = app === null || app === instance ? '' : ` --name ${instance}`;
		const install = `covey install ${app ?? instance}${name} --host ${answer.host}`;
		return `The data of ${instance} is on ${answer.host} again. An install there finds it:\n  ${install}`;
	});
	return 0;
}

export async function emptyTrash(session: Session, id: string | undefined, { host, all = false }: TrashOptions): Promise<number> {
	if ((id === undefined) !== all) throw new CoveyError('USAGE', 'Name what is to be deleted for good, or use --all.');
	const answer = await session.withClient((client) =>
		client.ask('trash.empty', { id: id ?? null, ...(host === undefined ? {} : { host }) }),
	);
	session.show(answer, () =>
		answer.gone.length === 0
			? 'There was nothing to delete.'
			: `Deleted for good:\n${answer.gone.map((one) => `  ${one.id} on ${one.host}`).join('\n')}`,
	);
	return 0;
}
