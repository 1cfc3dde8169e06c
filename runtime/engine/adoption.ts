// Who should own an actor: pure decisions over plain data. Safety comes from the compare-and-set of the
// record alone; these rules only keep hosts from trying all at once.
import type { Peer } from './ports.ts';
import { type ActorRecord, type Owner, refText } from './record.ts';
import { rendezvous } from './rendezvous.ts';

export type OwnershipVerdict =
	/** The record names this host and this incarnation. */
	| { status: 'mine' }
	/** Nobody acts for it; this host should after `afterMs`. */
	| { status: 'adopt'; afterMs: number; reason: 'released' | 'restarted' | 'dead' }
	| { status: 'leave' };

export interface Standpoint {
	self: Owner;
	alive: readonly Peer[];
	isDead(host: string): boolean;
	/** The host the kind wants as owner, or null. */
	home: string | null;
	/** Wall time, ms. */
	now: number;
}

/** Each rank waits this much longer than the one before, so that a fallback acts when the first does not. */
const RANK_WAIT_MS = 1_000;
/** A finished actor is only kept for late retries of its last commands. */
const FINISHED_KEEP_MS = 10 * 60_000;
/** Adoptions this recent make the next one wait. */
const DUEL_WINDOW_MS = 15_000;
const MAX_RECOVERIES = 10;
const RECOVERY_WINDOW_MS = 10 * 60_000;

export function judgeOwnership(record: ActorRecord, view: Standpoint): OwnershipVerdict {
	const { owner } = record;
	const { self } = view;
	if (owner?.host === self.host) {
		if (owner.incarnation === self.incarnation) return { status: 'mine' };
		// A higher one means that this process is the old one.
		return owner.incarnation < self.incarnation ? { status: 'adopt', afterMs: 0, reason: 'restarted' } : { status: 'leave' };
	}
	const reason = orphaned(owner, view);
	if (!reason) return { status: 'leave' };
	const order = adopters(record, view);
	const rank = order.indexOf(self.host);
	if (rank < 0) return { status: 'leave' };
	return { status: 'adopt', afterMs: rank * RANK_WAIT_MS + (reason === 'released' ? 0 : duelWait(record, view.now)), reason };
}

/** Live hosts that can run the record's machine, best first: its home, then by rendezvous hash. */
export function adopters(record: ActorRecord, view: Standpoint): string[] {
	const able = view.alive.filter((peer) => peer.adopting && peer.machines.includes(record.machine.id));
	const name = refText(record);
	const score = (host: string) => {
		if (host === view.home) return Number.POSITIVE_INFINITY;
		return host === record.owner?.host ? Number.MAX_SAFE_INTEGER : rendezvous(name, host);
	};
	return able.map(({ host }) => host).sort((a, b) => (score(a) < score(b) ? 1 : -1));
}

export function isFinished(record: ActorRecord, now: number): boolean {
	return record.snap.status === 'done' && now - record.last.at > FINISHED_KEEP_MS;
}

/**
 * The adoptions to keep, and whether this actor brings down every host that touches it: only one that has work pending and
 * made no step since can be the cause.
 */
export function recoveriesAfter(record: ActorRecord, now: number): { recoveries: ActorRecord['recoveries']; looping: boolean } {
	const kept = record.recoveries.filter(([at]) => now - at < RECOVERY_WINDOW_MS).slice(-MAX_RECOVERIES);
	const recoveries: ActorRecord['recoveries'] = [...kept, [now, record.seq]];
	const fruitless = recoveries.filter(([, seq]) => seq === record.seq).length;
	return { recoveries, looping: fruitless > MAX_RECOVERIES && Object.keys(record.effects).length > 0 };
}

function orphaned(owner: Owner | null, view: Standpoint): 'released' | 'restarted' | 'dead' | null {
	if (owner === null) return 'released';
	const peer = view.alive.find(({ host }) => host === owner.host);
	// Its own new incarnation comes first in the order of adopters; the others are the fallback.
	if (peer) return peer.incarnation > owner.incarnation ? 'restarted' : null;
	return view.isDead(owner.host) ? 'dead' : null;
}

/** Two hosts that believe each other dead would take an actor from each other without end: 0, 1, 3, 7 s. */
function duelWait(record: ActorRecord, now: number): number {
	const recent = record.recoveries.filter(([at]) => Math.abs(now - at) < DUEL_WINDOW_MS).length;
	return RANK_WAIT_MS * (2 ** Math.min(recent, 4) - 1);
}
