// Am I still a member? A host that was forgotten while it was away is refused by every nats-server, so it asks over HTTPS.
import { z } from 'zod';
import type { Documents } from '../engine/ports.ts';
import { Name } from '../engine/record.ts';
import { callHost } from './https-call.ts';
import { keyOfMember, Member, Pin, type Roll } from './members.ts';

/** `POST /api/v1/join/standing` */
export const StandingRequest = z.strictObject({ host: Name, pin: Pin });
export type StandingRequest = z.infer<typeof StandingRequest>;

/** `gone`: forgotten, or another machine has the name by now. `unknown`: there is no document of that name. */
export const StandingAnswer = z.object({ standing: z.enum(['member', 'gone', 'unknown']) });
export type StandingAnswer = z.infer<typeof StandingAnswer>;

/** Read through the leader. Rejects with STORE_UNAVAILABLE. */
export async function standingIn(documents: Documents, { host, pin }: StandingRequest): Promise<StandingAnswer> {
	const member = Member.safeParse((await documents.read('config', keyOfMember(host)))?.value);
	if (!member.success) return { standing: 'unknown' };
	return { standing: member.data.forgottenAt === null && member.data.pin === pin ? 'member' : 'gone' };
}

/**
 * The first answer of a member; null when none gives one. Believed only from a host that has the very key the roll knows it by. Who signed
 * its certificate says nothing more: those of hosts that were forgotten are still good for months, and a host that went on alone keeps
 * its key, but may have founded a new authority.
 */
export async function askStanding(self: StandingRequest, { members }: Roll): Promise<'member' | 'gone' | null> {
	for (const { host, address, ports, pin } of members) {
		if (host === self.host || pin === null) continue;
		const asked = callHost(`${address}:${ports.http}`, 'POST', '/api/v1/join/standing', self, { type: 'key', pin });
		// Who cannot be reached says nothing; the next may.
		const parsed = StandingAnswer.safeParse(await asked.catch(() => null));
		if (!parsed.success) continue;
		const { standing } = parsed.data;
		if (standing !== 'unknown') return standing;
	}
	return null;
}
