// The documents `member-<host>` as the voters' effects read and change them. Fields of a newer Covey are kept.
import { MemberDocument } from '../machines/voters/contract.ts';
import { serverOf } from '../machines/voters/situation.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { Documents } from '../runtime/engine/ports.ts';
import type { JsonObject } from '../runtime/engine/record.ts';

const keyOf = (host: string): string => `member-${host}`;
const MAX_TRIES = 50;

/** Each read through the leader. What a newer Covey wrote and cannot be read is left out. Rejects with STORE_UNAVAILABLE. */
export async function readMembers(documents: Documents): Promise<MemberDocument[]> {
	const keys = (await documents.list('config')).map(({ key }) => key).filter((key) => key.startsWith('member-'));
	const read = await Promise.all(keys.map((key) => documents.read('config', key)));
	return read.flatMap((stored) => {
		const member = MemberDocument.safeParse(stored?.value);
		return member.success ? [member.data] : [];
	});
}

/** Rejects with UNKNOWN_HOST. */
export async function readMember(documents: Documents, host: string): Promise<MemberDocument> {
	const member = MemberDocument.safeParse((await documents.read('config', keyOf(host)))?.value);
	if (member.success) return member.data;
	throw new CoveyError('UNKNOWN_HOST', `${host} has no member document.`);
}

/** One compare-and-set; `change` returns null when nothing is to be changed. A host without a document is left alone. */
export async function changeMember(
	documents: Documents,
	host: string,
	change: (member: MemberDocument) => Pick<Partial<MemberDocument>, 'role' | 'install'> | null,
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

/** The change by which the host of `server` is no voter any more; its next server has another name. Null when that is so already. */
export const withoutVote = (member: MemberDocument, server: string): Pick<MemberDocument, 'role' | 'install'> | null =>
	serverOf(member) === server ? { role: 'leaf', install: member.install + 1 } : null;

/** Where the voters take routes of other voters, the host `self` last. */
export const routesOf = (
	members: readonly MemberDocument[],
	self: Pick<MemberDocument, 'host' | 'address' | 'ports'>,
): string[] =>
	[...votersOf(members).filter(({ host }) => host !== self.host), self].map(
		({ address, ports }) => `${address}:${ports.cluster}`,
	);

/** Where the voters take links of hosts without data. */
export const remotesOf = (members: readonly MemberDocument[], self: string): string[] =>
	votersOf(members)
		.filter(({ host }) => host !== self)
		.map(({ address, ports }) => `${address}:${ports.leaf}`);

const votersOf = (members: readonly MemberDocument[]): MemberDocument[] =>
	members.filter(({ role, forgottenAt }) => role === 'voter' && forgottenAt === null);
