// Takes a server out of the group of voters, alive or dead. Runs on a voter that stays.
import { z } from 'zod';
import { isMajority } from '../../machines/voters/choose.ts';
import { hostOfServer } from '../../machines/voters/situation.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import { changeMember } from '../members.ts';
import type { VotersKit } from '../voter-ops.ts';
import { withoutVote } from '../voting-members.ts';

export const demoteHost = (kit: VotersKit) =>
	defineEffect({
		name: 'demoteHost',
		input: z.object({ host: Name, member: Name, server: z.string(), to: Name }),
		timeoutMs: 600_000,
		async run({ member, server, to }, { note, progress, signal }) {
			const { documents, voters } = kit;
			const group = await voters.group();
			if (group === null) throw new CoveyError('STORE_UNAVAILABLE', `${kit.host} finds no leader of the voters.`);
			if (group.includes(server)) {
				assertMajorityWithout(kit, group, server);
				if (kit.presence(member) === 'online') {
					progress({ step: `moving what ${member} leads and holds alone` });
					await voters.emptyVoter(server, to);
				}
				signal.throwIfAborted();
				progress({ step: `taking ${server} out of the voters` });
				await voters.removeVoter(server);
				note({ kind: 'run', text: `took ${server} out of the group of ${group.length} voters` });
			}
			signal.throwIfAborted();
			progress({ step: `waiting until the others hold what ${member} held` });
			for (const stream of await voters.waitWithout(server))
				note({ kind: 'decide', text: `only ${member} held the stream ${stream}; it begins anew` });
			// A host that is up writes it itself, just before it starts anew: from then on the voters take no routes from it.
			if (kit.presence(member) === 'online') return { up: true };
			const changed = await changeMember(documents, member, (document) => withoutVote(document, server));
			if (changed) note({ kind: 'write', text: `member-${member}: no voter` });
			voters.membersChanged();
			return { up: false };
		},
	});

function assertMajorityWithout(kit: VotersKit, group: readonly string[], server: string): void {
	const others = group.filter((name) => name !== server);
	const up = others.filter((name) => kit.presence(hostOfServer(name)) === 'online');
	if (isMajority(up.length, others.length)) return;
	throw new CoveyError('STORE_UNAVAILABLE', `Without ${server} only ${up.length} of ${others.length} voters would be up.`);
}
