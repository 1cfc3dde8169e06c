// covey credentials request | sign | accept: for a machine that is no host. Its keys are made there, and what goes to and fro is public.
import { resolve } from 'node:path';
import { z } from 'zod';
import { CoveyError } from '../engine/errors.ts';
import { jsonOf } from '../engine/json.ts';
import type { IssuedFiles } from '../trust/credential-folder.ts';
import { CredentialWish } from '../trust/credentials.ts';
import { acceptCredential, beginCredential } from '../trust/issue-credential.ts';
import { type AddOptions, roleOf, tellMade } from './credentials.ts';
import { readInput } from './read-input.ts';
import type { Session } from './session.ts';

const Issued = z.object({
	certificate: z.string(),
	ca: z.string(),
	cluster: z.string(),
	servers: z.array(z.string()).min(1),
}) satisfies z.ZodType<IssuedFiles>;

/** Prints what is to be signed, on one line. */
export async function requestCredential(session: Session, name: string, { role, out }: AddOptions): Promise<number> {
	const folder = resolve(out ?? `covey-${name}`);
	const by = session.parts.env.USER ?? 'cli';
	session.print(JSON.stringify(await beginCredential({ folder, name, role: roleOf(role), by })));
	return 0;
}

/** The right is given here: `role` must be what was asked for. Prints the answer, on one line. */
export async function signCredential(session: Session, { role }: AddOptions): Promise<number> {
	const wish = parsed(CredentialWish, await readInput(session.parts, 'the request'), 'covey credentials request');
	if (wish.role !== roleOf(role)) throw new CoveyError('USAGE', `The request is for the role ${wish.role}, not ${role}.`);
	const { certificate, ca, cluster, servers } = await session.withClient((client) => client.ask('credentials.add', wish));
	session.print(JSON.stringify({ certificate, ca, cluster, servers } satisfies IssuedFiles));
	return 0;
}

export async function acceptAnswer(session: Session, folder: string): Promise<number> {
	const issued = parsed(Issued, await readInput(session.parts, 'the answer'), 'covey credentials sign');
	tellMade(session, acceptCredential(resolve(folder), issued));
	return 0;
}

function parsed<Shape extends z.ZodType>(shape: Shape, text: string, from: string): z.output<Shape> {
	const found = shape.safeParse(jsonOf(text));
	if (found.success) return found.data;
	throw new CoveyError('USAGE', `What came on standard input is not what \`${from}\` prints.`);
}
