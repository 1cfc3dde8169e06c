// Keeps this host's own member document true, as soon as the store takes it.
import type { Clock, Documents } from '../engine/ports.ts';
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
	let stopped = false;
	let next = () => {};
	const write = async (): Promise<void> => {
		try {
			await ensureMember(documents, facts, role(), clock.now());
			on.written();
		} catch (thrown) {
			on.failure(thrown);
			if (!stopped) next = clock.after(RETRY_MS, () => void write());
		}
	};
	void write();
	return {
		stop() {
			stopped = true;
			next();
		},
	};
}
