// What member documents mean for who votes and where servers connect. Pure.
import type { MemberDocument } from '../machines/voters/contract.ts';
import { serverOf } from '../machines/voters/situation.ts';

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
