// The documents `member-<host>` as effects need them. Only the fields used here are parsed: a newer Covey may add others.
import { z } from 'zod';
import { HostFacts } from '../machines/host/contract.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { Documents } from '../runtime/engine/ports.ts';
import type { JsonObject } from '../runtime/engine/record.ts';

const MemberDocument = z.looseObject({
	role: z.enum(['voter', 'leaf']),
	joinedAt: z.number().optional(),
	forgottenAt: z.number().nullable(),
});

const keyOf = (host: string): string => `member-${host}`;

/** Read through the leader; where there is no member document, the host's own facts tell. */
export async function isVoter(documents: Documents, host: string): Promise<boolean> {
	const member = MemberDocument.safeParse((await documents.read('config', keyOf(host)))?.value);
	if (member.success) return member.data.role === 'voter' && member.data.forgottenAt === null;
	return HostFacts.safeParse((await documents.read('hosts', host))?.value).data?.voter === true;
}

/** When the host became a member, ms; null when it is none, or that is not known. Read through the leader. */
export async function joinedAt(documents: Documents, host: string): Promise<number | null> {
	const { data } = MemberDocument.safeParse((await documents.read('config', keyOf(host)))?.value);
	return data?.forgottenAt === null ? (data.joinedAt ?? null) : null;
}

const MAX_TRIES = 50;

/** From then on its certificate and keys are refused everywhere. Keeps the time of an earlier run. */
export async function markForgotten(documents: Documents, host: string, at: number): Promise<void> {
	for (let tries = 0; tries < MAX_TRIES; tries++) {
		const stored = await documents.read('config', keyOf(host));
		const member = MemberDocument.safeParse(stored?.value);
		if (!stored || !member.success || member.data.forgottenAt !== null) return;
		const next = { ...(stored.value as JsonObject), forgottenAt: at };
		if ((await documents.put('config', keyOf(host), next, stored.revision)).status === 'committed') return;
	}
	throw new CoveyError('STORE_UNAVAILABLE', `The document of ${host} was changed by others ${MAX_TRIES} times in a row.`);
}
