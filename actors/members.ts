// The documents `member-<host>` as effects read and change them. Fields of a newer Covey are kept.
import { HostFacts } from '../machines/host/contract.ts';
import { MemberDocument } from '../machines/voters/contract.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { Documents } from '../runtime/engine/ports.ts';
import type { JsonObject } from '../runtime/engine/record.ts';

/** Each read through the leader. What a newer Covey wrote and cannot be read is left out. Rejects with STORE_UNAVAILABLE. */
export async function readMembers(documents: Documents): Promise<MemberDocument[]> {
	const keys = (await documents.list('config')).map(({ key }) => key).filter((key) => key.startsWith(keyOf('')));
	const read = await Promise.all(keys.map((key) => documents.read('config', key)));
	return read.flatMap((stored) => {
		const member = MemberDocument.safeParse(stored?.value);
		return member.success ? [member.data] : [];
	});
}

/** Rejects with UNKNOWN_HOST. */
export async function readMember(documents: Documents, host: string): Promise<MemberDocument> {
	const member = await findMember(documents, host);
	if (member) return member;
	throw new CoveyError('UNKNOWN_HOST', `${host} has no member document.`);
}

/** Read through the leader; where there is no member document, the host's own facts tell. */
export async function isVoter(documents: Documents, host: string): Promise<boolean> {
	const member = await findMember(documents, host);
	if (member) return member.role === 'voter' && member.forgottenAt === null;
	return HostFacts.safeParse((await documents.read('hosts', host))?.value).data?.voter === true;
}

/** When the host became a member, ms; null when it is none, or that is not known. Read through the leader. */
export async function joinedAt(documents: Documents, host: string): Promise<number | null> {
	const member = await findMember(documents, host);
	return member?.forgottenAt === null ? member.joinedAt : null;
}

const findMember = async (documents: Documents, host: string): Promise<MemberDocument | undefined> =>
	MemberDocument.safeParse((await documents.read('config', keyOf(host)))?.value).data;

/** From then on its certificate and keys are refused everywhere. Keeps the time of an earlier run. */
export async function markForgotten(documents: Documents, host: string, at: number): Promise<void> {
	await changeMember(documents, host, ({ forgottenAt }) => (forgottenAt === null ? { forgottenAt: at } : null));
}

const MAX_TRIES = 50;

/** One compare-and-set; `change` returns null when nothing is to be changed. A host without a document is left alone. */
export async function changeMember(
	documents: Documents,
	host: string,
	change: (member: MemberDocument) => Pick<Partial<MemberDocument>, 'role' | 'install' | 'forgottenAt'> | null,
): Promise<boolean> {
	for (let tries = 0; tries < MAX_TRIES; tries++) {
		const stored = await documents.read('config', keyOf(host));
		const member = MemberDocument.safeParse(stored?.value);
		if (!stored || !member.success) return false;
		const changed = change(member.data);
		if (changed === null) return false;
		const next = { ...(stored.value as JsonObject), ...(changed as JsonObject) };
		if ((await documents.put('config', keyOf(host), next, stored.revision)).status === 'committed') return true;
	}
	throw new CoveyError('STORE_UNAVAILABLE', `The document of ${host} was changed by others ${MAX_TRIES} times in a row.`);
}

const keyOf = (host: string): string => `member-${host}`;
