// Which actors this host takes, and when: its own at once, orphaned ones after the time that adoption.ts gives it. Each is
// read through the store's leader first (E1, E3).
import { isFinished, type OwnershipVerdict, recoveriesAfter } from './adoption.ts';
import { commit } from './commit.ts';
import { type EngineState, isOvertaken, judge } from './engine-state.ts';
import { CoveyError } from './errors.ts';
import type { Cancel } from './ports.ts';
import { type ActorRecord, refText, type Stored } from './record.ts';

export interface Takeovers {
	/** Is it to be taken? Harmless to ask again. */
	review(stored: Stored): void;
	stop(): void;
}

export interface TakeoverDoors {
	/** It is this host's, as just read or written. */
	activate(stored: Stored): void;
	learn(stored: Stored): void;
}

/** `judged`: look again after its own waiting time. */
type Outcome = 'settled' | 'again' | { judged: ActorRecord; afterMs: number };

const MAX_AT_ONCE = 50;
const RETRY_MS = 1_000;

export function createTakeovers(state: EngineState, { activate, learn }: TakeoverDoors): Takeovers {
	const { actors, index, ports } = state;
	const { clock, store } = ports;
	const attempts = new Map<string, Cancel | 'running'>();

	function review({ record }: Stored): void {
		const key = refText(record);
		const waiting = attempts.get(key);
		if (state.phase !== 'open' || waiting === 'running' || isFinished(record, clock.now())) return;
		const verdict = judge(state, record);
		if (verdict.status === 'leave') {
			waiting?.();
			attempts.delete(key);
		} else if (!waiting) {
			tryLater(record, verdict.status === 'mine' ? 0 : verdict.afterMs);
		}
	}

	function tryLater(record: ActorRecord, afterMs: number): void {
		attempts.set(
			refText(record),
			clock.after(afterMs, () => void attempt(record)),
		);
	}

	/** `ref` is the record that was judged. */
	async function attempt(ref: ActorRecord): Promise<void> {
		const key = refText(ref);
		attempts.delete(key);
		if (state.phase !== 'open' || actors.has(key)) return;
		if (running() >= MAX_AT_ONCE) return tryLater(ref, RETRY_MS / 4);
		attempts.set(key, 'running');
		const before = index.get(key)?.revision ?? 0;
		const outcome = await takeOver(ref);
		attempts.delete(key);
		if (state.phase === 'open') goOn(ref, outcome, before);
	}

	const running = (): number => [...attempts.values()].filter((one) => one === 'running').length;

	function goOn(ref: ActorRecord, outcome: Outcome, before: number): void {
		if (outcome === 'again') return tryLater(ref, RETRY_MS * (0.5 + ports.rng()));
		if (outcome !== 'settled') return tryLater(outcome.judged, outcome.afterMs);
		// What came meanwhile was not reviewed.
		const known = index.get(refText(ref));
		if (known && known.revision > before && !actors.has(refText(ref))) review(known);
	}

	async function takeOver(ref: ActorRecord): Promise<Outcome> {
		const current = await latest(ref).catch(() => 'again' as const);
		if (current === 'again') return 'again';
		if (state.phase === 'ended' || !current || actors.has(refText(ref))) return 'settled';
		const verdict = judge(state, current.record);
		if (verdict.status === 'leave') {
			if (!isOvertaken(state, current)) index.set(refText(ref), current);
			return 'settled';
		}
		// A deposed leader answered.
		if (isOvertaken(state, current)) return 'again';
		if (verdict.status === 'adopt') return adopt(ref, current, verdict);
		activate(current);
		return 'settled';
	}

	/** Null: nothing to take. Rejects where the store does not tell. */
	async function latest(ref: ActorRecord): Promise<Stored | null> {
		try {
			return await store.read(ref);
		} catch (thrown) {
			// A newer Covey wrote it: left alone.
			if (thrown instanceof CoveyError && thrown.code === 'NEWER_RECORD') return null;
			throw thrown;
		}
	}

	async function adopt(
		ref: ActorRecord,
		{ record, revision }: Stored,
		verdict: Extract<OwnershipVerdict, { status: 'adopt' }>,
	): Promise<Outcome> {
		// Somebody else took it since: that verdict has a waiting time of its own.
		if (record.epoch !== ref.epoch && verdict.afterMs > 0) return { judged: record, afterMs: verdict.afterMs };
		const adopted = adoptedBy(state, record, verdict.reason === 'released');
		const result = await commit(ports, adopted, revision);
		if (state.phase === 'ended') return 'settled';
		if (result.status !== 'committed') {
			if (result.status === 'lost' && result.current) learn(result.current);
			return 'again';
		}
		ports.observe({ type: 'adopted', actor: refText(record), epoch: adopted.epoch, from: record.owner?.host ?? null });
		const written: Stored = { record: adopted, revision: result.revision };
		// While the answer was on its way it may have been finished, made anew, even be active here again.
		if (!isOvertaken(state, written) && !actors.has(refText(record))) activate(written);
		return 'settled';
	}

	return {
		review,
		stop() {
			for (const waiting of attempts.values()) if (waiting !== 'running') waiting();
		},
	};
}

/** The record with this host as its owner, parked where its hosts died too often. `released`: nobody died. */
function adoptedBy({ self, ports }: EngineState, record: ActorRecord, released: boolean): ActorRecord {
	const now = ports.clock.now();
	const { recoveries, looping } = released ? { recoveries: record.recoveries, looping: false } : recoveriesAfter(record, now);
	const adopted: ActorRecord = { ...record, owner: self, epoch: record.epoch + 1, recoveries, commit: ports.nextCommit() };
	if (!looping) return adopted;
	const reason = `its hosts died ${recoveries.length} times in ten minutes while they had it`;
	return { ...adopted, parked: { reason, since: now } };
}
