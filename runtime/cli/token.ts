// covey token [create|list|revoke]
import type { TokenRow } from '../api/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { type Column, table } from './format/table.ts';
import { ago, duration } from './format/units.ts';
import type { Session } from './session.ts';

export interface TokenOptions {
	expires: string;
	witness?: boolean;
}

export async function createToken(session: Session, { expires, witness = false }: TokenOptions): Promise<number> {
	const minutes = minutesOf(expires);
	const by = session.parts.env.USER ?? 'cli';
	const made = await session.withClient((client) => client.ask('token.create', { minutes, witness, by }));
	session.show(made, () =>
		[
			`On the new machine, within ${duration(minutes * 60_000)}, give`,
			'',
			`  covey join -${witness ? ' --witness' : ''}`,
			'',
			'and paste this token when it asks:',
			'',
			`  ${made.token}`,
			'',
			`It lets one machine in, through ${made.addresses.join(' or ')}. Whoever has it can join: send it like a password.`,
			'Behind `covey join` instead of the dash it would be seen by everybody on that machine who lists its processes.',
			session.paint.dim(`Take it back with: covey token revoke ${made.id}`),
		].join('\n'),
	);
	return 0;
}

export async function listTokens(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('token.list', {}));
	session.show(answer, () =>
		answer.tokens.length === 0
			? 'No tokens. `covey token` makes one.'
			: table(columns(session, Date.now()), answer.tokens, session.width),
	);
	return 0;
}

export async function revokeToken(session: Session, id: string): Promise<number> {
	const { token } = await session.withClient((client) => client.ask('token.revoke', { id }));
	session.show({ token }, () =>
		token.state === 'spent' ? `The token ${id} has let ${token.host} in already.` : `The token ${id} lets nobody in any more.`,
	);
	return 0;
}

function columns({ paint }: Session, now: number): Column<TokenRow>[] {
	return [
		{ title: 'TOKEN', text: ({ id }) => id },
		{
			title: 'STATE',
			text: ({ state, host }) => (state === 'spent' ? `let ${host} in` : state),
			paint: (text, { state }) => (state === 'open' ? paint.green(text) : paint.dim(text)),
		},
		{ title: 'FOR', text: ({ witness }) => (witness ? 'a witness' : 'a host') },
		{ title: 'MADE', text: ({ createdAt }) => ago(createdAt, now) },
		{ title: 'BY', text: ({ by }) => by, drop: 2 },
		{
			title: 'EXPIRES',
			text: ({ expiresAt }) => (expiresAt > now ? `in ${duration(expiresAt - now)}` : ago(expiresAt, now)),
			drop: 1,
		},
	];
}

const UNITS: Record<string, number> = { m: 1, h: 60, d: 24 * 60 };
const MOST_MINUTES = 7 * 24 * 60;

function minutesOf(text: string): number {
	const [, count = '', unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
	const minutes = Number(count) * (UNITS[unit] ?? 0);
	if (minutes >= 1 && minutes <= MOST_MINUTES) return minutes;
	throw new CoveyError('USAGE', `--expires takes 1m to 7d, for instance 30m, 2h or 1d, not "${text}".`);
}
