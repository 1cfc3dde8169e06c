// This host is no voter any more: its server starts anew without data, under a new name. A host that was away when its vote was
// taken does the same when it hears of it.
import { z } from 'zod';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { VoterOps, VotersKit } from '../voter-ops.ts';
import { changeMember, readMember, readMembers, remotesOf, withoutVote } from '../voting-members.ts';

export const settleAsLeaf = (kit: VotersKit) =>
	defineEffect({
		name: 'settleAsLeaf',
		/** `server`: the one whose vote was taken; empty when the member document says so already. */
		input: z.object({ host: Name, server: z.string() }),
		timeoutMs: 120_000,
		async run({ server }, { note, progress }) {
			const changed = await changeMember(kit.documents, kit.host, (member) => withoutVote(member, server));
			if (changed) note({ kind: 'write', text: `member-${kit.host}: no voter` });
			kit.voters.membersChanged();
			progress({ step: 'starting the nats-server without the data of the cluster' });
			const install = await obeyDemotion(kit);
			if (install !== null)
				note({ kind: 'run', text: `nats-server of ${kit.host} started as ${kit.host}-${install}, without data` });
		},
	});

/** The new number of this host's installation; null when it is as its member document says. Rejects with STORE_UNAVAILABLE, UNKNOWN_HOST. */
export async function obeyDemotion(
	kit: Pick<VotersKit, 'host' | 'documents'> & { voters: Pick<VoterOps, 'running' | 'restartAs'> },
): Promise<number | null> {
	const member = await readMember(kit.documents, kit.host);
	// A voter-to-be runs as one before its document says so; only a higher number means that its vote was taken.
	if (member.role !== 'leaf' || member.install <= kit.voters.running().install) return null;
	const remotes = remotesOf(await readMembers(kit.documents), kit.host);
	if (remotes.length === 0) throw new CoveyError('STORE_UNAVAILABLE', 'No voter is known that could be connected to.');
	await kit.voters.restartAs({ role: 'leaf', install: member.install, remotes });
	return member.install;
}
