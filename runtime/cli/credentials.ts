// covey credentials [add|list|revoke|renew]
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CredentialRow } from '../api/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { expiryOf } from '../trust/ca.ts';
import { type CredentialFolder, readCredentialFolder } from '../trust/credential-folder.ts';
import { issueCredential, renewCredentialFolder } from '../trust/issue-credential.ts';
import { type Column, table } from './format/table.ts';
import { ago, duration } from './format/units.ts';
import type { Session } from './session.ts';

export interface AddOptions {
	role: string;
	out?: string;
}

export async function addCredential(session: Session, name: string, { role, out }: AddOptions): Promise<number> {
	const folder = resolve(out ?? `covey-${name}`);
	const by = session.parts.env.USER ?? 'cli';
	const made = await session.withClient((client) =>
		issueCredential({ folder, name, role: roleOf(role), by }, (wish) => client.ask('credentials.add', wish)),
	);
	tellMade(session, made);
	return 0;
}

export function roleOf(role: string): 'operator' | 'viewer' {
	if (role === 'operator' || role === 'viewer') return role;
	throw new CoveyError('USAGE', `--role takes operator or viewer, not "${role}".`);
}

export function tellMade(session: Session, made: CredentialFolder): void {
	const { path, expiresAt } = told(made);
	const { name, role } = made.about;
	session.show({ name, role, folder: path, expiresAt }, () =>
		[
			`${name} is ${role === 'operator' ? 'an operator' : 'a viewer'} of the cluster now. Its keys are in`,
			'',
			`  ${path}`,
			'',
			`and nowhere else: whoever has that folder has the right. README.txt there has the commands to use it.`,
			session.paint.dim(
				`Its certificate is good for ${duration(expiresAt - Date.now())}. Take it back with: covey credentials revoke ${name}`,
			),
		].join('\n'),
	);
}

export async function listCredentials(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('credentials.list', {}));
	session.show(answer, () =>
		answer.credentials.length === 0
			? 'No credentials. `covey credentials add NAME --role viewer` makes one.'
			: table(columns(session, Date.now()), answer.credentials, session.width),
	);
	return 0;
}

export async function revokeCredential(session: Session, name: string): Promise<number> {
	const { credential } = await session.withClient((client) => client.ask('credentials.revoke', { name }));
	session.show({ credential }, () => `${name} is cut off, for good. A host that is away cuts it off as soon as it is back.`);
	return 0;
}

export async function renewCredential(session: Session, path: string): Promise<number> {
	const found = readCredentialFolder(path);
	if (!found?.about.issued)
		throw new CoveyError('USAGE', `There is no finished credential in ${path}; \`covey credentials add\` makes one.`);
	// It may ask for itself while it is let in; afterwards a host must.
	const asking = told(found).expiresAt > Date.now() ? path : session.dataDir;
	const client = await session.parts.openClient(asking);
	try {
		const { expiresAt } = told(await renewCredentialFolder(found, (wish) => client.ask('certificate.renew', wish)));
		session.show(
			{ name: found.about.name, folder: found.path, expiresAt },
			() => `The certificate of ${found.about.name} is good for ${duration(expiresAt - Date.now())} again.`,
		);
	} finally {
		await client.close();
	}
	return 0;
}

const told = ({ path, files }: CredentialFolder) => ({ path, expiresAt: expiryOf(readFileSync(files.certFile, 'utf8')) });

function columns({ paint }: Session, now: number): Column<CredentialRow>[] {
	return [
		{ title: 'CREDENTIAL', text: ({ name }) => name },
		{ title: 'ROLE', text: ({ role }) => role },
		{
			title: 'STATE',
			text: ({ state, revokedAt }) => (revokedAt !== null ? `revoked ${ago(revokedAt, now)}` : state),
			paint: (text, { state }) => (state === 'open' ? paint.green(text) : paint.dim(text)),
		},
		{ title: 'MADE', text: ({ createdAt }) => ago(createdAt, now), drop: 1 },
		{ title: 'BY', text: ({ by }) => by, drop: 2 },
		{
			title: 'CERTIFICATE ENDS',
			text: ({ state, expiresAt }) =>
				state === 'revoked' ? '–' : expiresAt > now ? `in ${duration(expiresAt - now)}` : ago(expiresAt, now),
		},
	];
}
