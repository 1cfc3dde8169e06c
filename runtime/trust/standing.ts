// Am I still a member? A host that was forgotten while it was away is refused by every nats-server, so it asks over HTTPS.
import { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { z } from 'zod';
import type { Documents } from '../engine/ports.ts';
import { Name } from '../engine/record.ts';
import { pinOf, SERVER_NAME } from './ca.ts';
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
 * The first answer of a member; null when none gives one. Believed only from a host that has the very key the roll knows it by: a
 * certificate of the authority is not enough, since those of hosts that were forgotten are still good for days.
 */
export async function askStanding(self: StandingRequest, ca: string, { members }: Roll): Promise<'member' | 'gone' | null> {
	for (const { host, address, ports, pin } of members) {
		if (host === self.host || pin === null) continue;
		const checkServerIdentity = (_name: string, certificate: PeerCertificate) =>
			pinOf(new X509Certificate(certificate.raw).toString()) === pin ? undefined : new Error(`CERT of ${host} has another key`);
		const tls = { ca, servername: SERVER_NAME, checkServerIdentity };
		const answer = await callHost(`${address}:${ports.http}`, 'POST', '/api/v1/join/standing', self, tls).catch(() => null);
		const parsed = StandingAnswer.safeParse(answer);
		if (!parsed.success) continue;
		const { standing } = parsed.data;
		if (standing !== 'unknown') return standing;
	}
	return null;
}
