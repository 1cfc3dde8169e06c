// Keeps this host's own member document true, as soon as the store takes it.
import type { Clock, Documents } from '../engine/ports.ts';
import { repeat } from '../engine/repeat.ts';
import type { Member } from '../trust/members.ts';
import { ensureMember, type OwnFacts } from '../trust/own-member.ts';

const RETRY_MS = 5_000;

/** `role`: as this host takes part, for a document that is not there yet. */
export function keepMember(
	clock: Clock,
	documents: Documents,
	facts: OwnFacts,
	role: () => Member['role'],
	on: { written(): void; failure(thrown: unknown): void },
): { stop(): void } {
	const rounds = repeat({
		clock,
		everyMs: RETRY_MS,
		firstMs: 0,
		onFailure: on.failure,
		async look() {
			await ensureMember(documents, facts, role(), clock.now());
			on.written();
			rounds.stop();
		},
	});
	return rounds;
}
