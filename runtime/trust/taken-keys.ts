// No key for two: a server that is told of one twice does not start.
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { Credential, Member } from './members.ts';

/** `document`: whose own keys they may be. Rejects with NOT_TRUSTED when they belong to another member or credential, past ones too. */
export async function assertKeysFree(documents: Documents, document: string, keys: { pin: string; nkey: string }): Promise<void> {
	const others = (await documents.list('config'))
		.filter(({ key }) => key !== document)
		.flatMap(({ value }) => Member.safeParse(value).data ?? Credential.safeParse(value).data ?? []);
	if (others.some(({ pin, nkey }) => pin === keys.pin || nkey === keys.nkey))
		throw new CoveyError('NOT_TRUSTED', 'These keys belong to somebody else already.');
}
