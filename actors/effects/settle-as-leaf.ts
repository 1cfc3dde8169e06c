// This host is no voter any more: its server starts anew without data, under a new name. A host that was away when its vote was
// taken does the same when it hears of it.
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import { changeMember, readMember, readMembers } from '../members.ts';
import type { VoterOps, VotersKit } from '../voter-ops.ts';
import { remotesOf, withoutVote } from '../voting-members.ts';

/** Facts come every 5 s; without them it is done all the same. */
const TOLD_LIMIT_MS = 15_000;
const LOOK_EVERY_MS = 500;

export const settleAsLeaf = (kit: VotersKit) =>
	defineEffect({
		name: 'settleAsLeaf',
		/** `server`: the one whose vote was taken; empty when the member document says so already. */
		input: z.object({ host: Name, server: z.string() }),
		timeoutMs: 120_000,
		async run({ server }, { note, progress, signal }) {
			const changed = await changeMember(kit.documents, kit.host, (member) => withoutVote(member, server));
			if (changed) note({ kind: 'write', text: `member-${kit.host}: no voter` });
			kit.voters.membersChanged();
			progress({ step: 'starting the nats-server without the data of the cluster' });
			const install = await obeyDemotion(kit);
			if (install !== null)
				note({ kind: 'run', text: `nats-server of ${kit.host} started as ${kit.host}-${install}, without data` });
			await untilTold(kit, signal);
		},
	});

const ToldFacts = z.looseObject({ voter: z.boolean() });

/** The next decision reads this host's facts, which are written every few seconds: older ones would have it settled again. */
async function untilTold({ host, documents, voters }: VotersKit, signal: AbortSignal): Promise<void> {
	const deadline = performance.now() + TOLD_LIMIT_MS;
	while (performance.now() < deadline) {
		const stored = await documents.read('hosts', host).catch(unlessUnavailable);
		const facts = stored === 'unavailable' ? 'unavailable' : ToldFacts.safeParse(stored?.value).data;
		const isVoter = voters.running().role === 'voter';
		if (facts === undefined || (facts !== 'unavailable' && facts.voter === isVoter)) return;
		await pause(LOOK_EVERY_MS, undefined, { signal });
	}
}

/** Its own connections may have to find another server first. */
function unlessUnavailable(thrown: unknown): 'unavailable' {
	if (thrown instanceof CoveyError && thrown.code === 'STORE_UNAVAILABLE') return 'unavailable';
	throw thrown;
}

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
