// The only code that writes a record.
//
// C1. A write whose answer is lost is never guessed at: the leader is read, and `commit` tells whose it was.
// C2. The same bytes are written again, so a write that was applied late cannot be applied twice.
import type { Clock, Observe, Rng, Store } from './ports.ts';
import { type ActorRecord, refText, type Stored } from './record.ts';

export type CommitResult =
	| { status: 'committed'; revision: number }
	/** Somebody else wrote: this host is not the owner any more. */
	| { status: 'lost'; current: Stored | null }
	/** The engine ended meanwhile; the outcome is for the next owner to find out. */
	| { status: 'abandoned' };

export interface CommitPorts {
	store: Store;
	clock: Clock;
	rng: Rng;
	observe: Observe;
	ended(): boolean;
}

const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 500;
const ROLLED_BACK_AFTER_MS = 20_000;

export async function commit(ports: CommitPorts, record: ActorRecord, previous: number): Promise<CommitResult> {
	const { store, clock } = ports;
	const began = clock.now();
	for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
		const outcome = await store.put(record, previous);
		if (ports.ended()) return { status: 'abandoned' };
		if (outcome.status === 'committed') return outcome;
		const found = await leaderRead(ports, record);
		if (ports.ended()) return { status: 'abandoned' };
		if (found.status === 'read') {
			const { current } = found;
			if (current?.record.commit === record.commit) return { status: 'committed', revision: current.revision };
			const revision = current?.revision ?? 0;
			if (revision > previous) return { status: 'lost', current };
			// Less than we wrote: a deposed leader for a moment, or a store that lost data for good.
			if (revision < previous && clock.now() - began > ROLLED_BACK_AFTER_MS) {
				ports.observe({ type: 'rolledBackStore', actor: refText(record), seen: previous, found: revision });
				return { status: 'lost', current };
			}
		}
		ports.observe({ type: 'commitDoubt', actor: refText(record), ms: clock.now() - began });
		await pause(clock, wait * (0.5 + ports.rng()));
		if (ports.ended()) return { status: 'abandoned' };
	}
}

export const pause = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));

async function leaderRead(
	ports: CommitPorts,
	record: ActorRecord,
): Promise<{ status: 'read'; current: Stored | null } | { status: 'no-leader' }> {
	try {
		return { status: 'read', current: await ports.store.read(record) };
	} catch {
		// No leader answers: the doubt stays, the caller asks again.
		return { status: 'no-leader' };
	}
}
