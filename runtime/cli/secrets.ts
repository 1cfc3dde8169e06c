// covey secrets [rotate]
import { randomBytes } from 'node:crypto';
import type { QuestionOutput } from '../api/contract.ts';
import type { Client } from './client.ts';
import { type Column, table } from './format/table.ts';
import { ago } from './format/units.ts';
import type { Common, Session } from './session.ts';

type Status = QuestionOutput<'secrets.status'>;
type Key = Status['keys'][number];

export async function secretsStatus(session: Session): Promise<number> {
	const status = await session.withClient((client) => client.ask('secrets.status', {}));
	session.show(status, () => table(columns(session, status, Date.now()), status.keys, session.width));
	return 0;
}

export async function rotateSecrets(session: Session, { wait = false }: Common & { wait?: boolean }): Promise<number> {
	const by = session.parts.env.USER ?? 'cli';
	// Named here: a question may reach the hosts twice.
	const id = randomBytes(4).toString('hex');
	const status = await session.withClient(async (client) => {
		const first = await client.ask('secrets.rotate', { id, by });
		return wait ? untilSealed(session, client, first) : first;
	});
	session.show(status, () =>
		[
			`${id} is the cluster's key now. ${progressWords(status)}`,
			session.paint.dim('The key before it is dropped a day later, when nothing needs it. See `covey secrets`.'),
		].join('\n'),
	);
	return 0;
}

const LOOK_MS = 500;

/** Hosts that are away take the new key when they are back: nobody waits for them. */
async function untilSealed({ limitMs }: Session, client: Client, first: Status): Promise<Status> {
	const end = Date.now() + limitMs;
	let status = first;
	while (oldValues(status) > 0 && Date.now() < end) {
		await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
		status = await client.ask('secrets.status', {});
	}
	return status;
}

const oldValues = ({ keys }: Status): number => keys.slice(1).reduce((sum, { values }) => sum + values, 0);

function progressWords(status: Status): string {
	const [newest] = status.keys;
	const waiting = newest?.waiting ?? [];
	const sealed =
		oldValues(status) === 0
			? 'Every secret is sealed with it'
			: `${newest?.values ?? 0} of ${(newest?.values ?? 0) + oldValues(status)} secrets are sealed with it so far`;
	return waiting.length === 0
		? `${sealed}; every host has it.`
		: `${sealed}; ${waiting.join(', ')} ${waiting.length === 1 ? 'takes' : 'take'} it when next heard.`;
}

function columns({ paint }: Session, { keys, members }: Status, now: number): Column<Key>[] {
	const seals = ({ id }: Key) => id === keys[0]?.id;
	return [
		{ title: 'KEY', text: ({ id }) => id },
		{
			title: 'USE',
			text: (key) => (seals(key) ? 'seals' : 'opens'),
			paint: (text, key) => (seals(key) ? paint.green(text) : text),
		},
		{ title: 'SECRETS', text: ({ values }) => String(values), align: 'right' },
		{ title: 'MADE', text: ({ createdAt }) => ago(createdAt, now), drop: 1 },
		{ title: 'BY', text: ({ by }) => by, drop: 2 },
		{
			title: 'HOSTS',
			text: ({ waiting }) =>
				`${members - waiting.length} of ${members}${waiting.length > 0 ? `, without ${waiting.join(', ')}` : ''}`,
		},
	];
}
