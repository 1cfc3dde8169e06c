// How the voters and the hosts that could become one stand now. Changes nothing.
import { HostFacts } from '../machines/host/contract.ts';
import type { Survey } from '../machines/voters/context.ts';
import type { MemberDocument } from '../machines/voters/contract.ts';
import { standingsOf } from '../machines/voters/situation.ts';
import { readMembers } from './members.ts';
import type { VotersKit } from './voter-ops.ts';

/** Rejects with STORE_UNAVAILABLE. */
export async function surveyVoters(kit: VotersKit): Promise<Survey> {
	const members = await readMembers(kit.documents);
	const counted = await kit.voters.group();
	const seat = seatOf(kit, members);
	if (counted === null) return { seat, seen: null };
	const facts = await factsByHost(kit);
	const { held, ...copies } = await kit.voters.data();
	const seen = standingsOf({
		members,
		counted,
		held,
		offlineSince: (host) => offlineSince(kit, host, facts.get(host)?.at ?? 0),
		said: (host) => {
			const said = facts.get(host);
			return said ? { voter: said.voter, uptimeShare: said.uptimeShare } : null;
		},
	});
	return { seat, seen: { members: seen, copies } };
}

/** This host if it votes, else a voter that is up. No witness: it runs no machines. */
function seatOf(kit: VotersKit, members: readonly MemberDocument[]): string | null {
	const up = members
		.filter(({ host, role, witness }) => role === 'voter' && !witness && kit.presence(host) === 'online')
		.map(({ host }) => host);
	return up.includes(kit.host) ? kit.host : (up.sort()[0] ?? null);
}

/**
 * Null while it is up. Else the latest of: what it wrote last, what was heard of it last, and since when anybody listens here:
 * after a power cut of the whole house nobody is replaced for being slow to start.
 */
function offlineSince(kit: VotersKit, host: string, factsAt: number): number | null {
	if (host === kit.host || kit.presence(host) === 'online') return null;
	return Math.max(factsAt, kit.voters.lastSeen(host) ?? 0, kit.voters.listeningSince());
}

async function factsByHost(kit: VotersKit): Promise<Map<string, HostFacts>> {
	const documents = await kit.documents.list('hosts');
	return new Map(
		documents.flatMap(({ value }) => {
			const facts = HostFacts.safeParse(value);
			return facts.success ? [[facts.data.host, facts.data] as const] : [];
		}),
	);
}
