// From what documents, heartbeats and the servers say to the plain facts a decision is made on. Pure.
import type { Situation, Standing } from './choose.ts';
import type { Seen, VotersContext } from './context.ts';
import type { MemberDocument } from './contract.ts';

export interface Reported {
	members: readonly MemberDocument[];
	/** Server names the group of voters counts: `alder-1`. */
	counted: readonly string[];
	/** How many buckets each server holds. */
	held: Readonly<Record<string, number>>;
	/** Null: it is up. */
	offlineSince(host: string): number | null;
	/** From its facts; null where there are none. */
	said(host: string): { voter: boolean; uptimeShare: number } | null;
}

export const serverOf = ({ host, install }: Pick<MemberDocument, 'host' | 'install'>): string => `${host}-${install}`;
export const hostOfServer = (server: string): string => server.replace(/-\d+$/, '');

export function standingsOf(reported: Reported): Standing[] {
	const standings = reported.members.map((member) => standingOf(reported, member));
	const known = new Set(standings.map(({ server }) => server));
	const strays = reported.counted.filter((server) => !known.has(server)).map((server) => strayOf(reported, server));
	return [...standings, ...strays];
}

/** What is asked of this actor, laid over what was seen. */
export function considered(seen: Seen, context: Pick<VotersContext, 'excluded' | 'avoided' | 'wanted'>, now: number): Situation {
	const members = seen.members.map((one) => ({
		...one,
		excluded: one.excluded || context.excluded.includes(one.host),
		avoided: (context.avoided[one.host] ?? 0) > now,
	}));
	return { copies: seen.copies, members, wanted: context.wanted, now };
}

function standingOf(reported: Reported, member: MemberDocument): Standing {
	const server = serverOf(member);
	const said = reported.said(member.host);
	return {
		host: member.host,
		server,
		role: member.role,
		counted: reported.counted.includes(server),
		runsAsVoter: said?.voter ?? null,
		witness: member.witness,
		offlineSince: reported.offlineSince(member.host),
		uptimeShare: said?.uptimeShare ?? 0,
		held: reported.held[server] ?? 0,
		excluded: member.forgottenAt !== null,
		avoided: false,
	};
}

/**
 * A server under an old name of a member must not vote. Of a host without a document nothing is known against it: it has not
 * written one yet, or a newer Covey wrote it.
 */
function strayOf(reported: Reported, server: string): Standing {
	const host = hostOfServer(server);
	const isOld = reported.members.some((member) => member.host === host);
	return {
		host,
		server,
		role: isOld ? 'leaf' : 'voter',
		counted: true,
		runsAsVoter: true,
		witness: false,
		offlineSince: reported.offlineSince(host),
		uptimeShare: 0,
		held: reported.held[server] ?? 0,
		excluded: isOld,
		avoided: false,
	};
}
