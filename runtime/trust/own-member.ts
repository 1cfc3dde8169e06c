// This host's own document among the members: made at its first start, and kept true when its address or version changes.
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { keyOfMember, Member } from './members.ts';

export type OwnFacts = Pick<Member, 'host' | 'install' | 'address' | 'ports' | 'pin' | 'nkey' | 'witness' | 'version'>;

const MAX_TRIES = 20;

/**
 * `role` is used when there is no document yet; afterwards only the actor `voters/cluster` changes it. Resolves with the
 * document. Rejects with STORE_UNAVAILABLE, or NAME_TAKEN when another machine is a member under this name.
 */
export async function ensureMember(documents: Documents, facts: OwnFacts, role: Member['role'], now: number): Promise<Member> {
	for (let tries = 0; tries < MAX_TRIES; tries++) {
		const stored = await documents.read('config', keyOfMember(facts.host));
		const parsed = Member.safeParse(stored?.value);
		const before = parsed.success ? parsed.data : null;
		if (before && before.forgottenAt === null && before.pin !== facts.pin)
			throw new CoveyError('NAME_TAKEN', `Another machine is a member of the cluster as ${facts.host}.`);
		const { joinedAt = now, forgottenAt = null } = before ?? {};
		// A higher number than ours: the vote of this host was taken while it was away.
		const install = Math.max(facts.install, before?.install ?? 1);
		const member: Member = { schema: 1, ...facts, install, role: before?.role ?? role, joinedAt, forgottenAt };
		if (before && JSON.stringify(sorted(before)) === JSON.stringify(sorted(member))) return before;
		if ((await documents.put('config', keyOfMember(facts.host), member, stored?.revision ?? 0)).status === 'committed')
			return member;
	}
	throw new CoveyError('STORE_UNAVAILABLE', `The document of ${facts.host} was changed by others ${MAX_TRIES} times in a row.`);
}

const sorted = (member: Member): [string, unknown][] => Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1));
