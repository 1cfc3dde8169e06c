// The numbers, words and questions that membership-judge.ts and membership-confirm.ts share.
import type { Peer } from '../engine/ports.ts';

export const RULES = {
	/** Silent for less: another observer has heard it just now. */
	suspectMs: 1_500,
	/** A host whose own connection had blinked gets more time. */
	suspectBlinkedMs: 4_000,
	/** No verdict so soon after my own connection came back. */
	blinkMs: 2_000,
	/** Listening without a gap for so long makes me a judge. */
	settleMs: 3_000,
	/** News is at least this frequent unless this process did not run. */
	frozenMs: 2_000,
	/** More than half vanished at once: it may be me, so look again after this. */
	massMs: 2_500,
	/** An answer or a doubt keeps a silent host from being asked again for so long. */
	pardonMs: 1_000,
	/** No verdict sooner after the question: others that vanished in the same moment are noticed meanwhile. */
	ponderMs: 400,
	/** A question without any answer is lost. */
	questionMs: 3_000,
	skewMs: 500,
} as const;

export interface KnownPeer extends Peer {
	status: 'alive' | 'suspect' | 'dead';
	blinked: boolean;
	/** When last heard, as far as news told, ms. */
	heardAt: number;
	skewed: boolean;
	/** Its clock minus ours when it was first heard, ms. */
	skewMs: number | null;
	/** Present while a verdict is being sought. */
	question: Question | null;
	/** Observers that could not say anything, in this silence. */
	mute: string[];
	pardonedUntil: number;
}

export interface Question {
	round: number;
	askedAt: number;
	/** Null while the answer is underway. */
	pinged: boolean | null;
	observer: string | null;
	/** Null while the answer is underway, or when there is nobody to ask. */
	observed: { agoMs: number | null } | null;
}

export type MembershipObservation =
	| { type: 'hostJoined' | 'hostBack'; host: string; incarnation: number }
	| { type: 'hostRestarted'; host: string; incarnation: number; before: number }
	| { type: 'hostSuspect' | 'hostDead'; host: string; incarnation: number; silentMs: number }
	| { type: 'clockSkew'; code: 'CLOCK_SKEW'; host: string; skewMs: number }
	| { type: 'judgeWasFrozen'; forMs: number };

export type MembershipAction =
	| { do: 'ping'; host: string; round: number }
	| { do: 'askObserver'; observer: string; about: string; round: number }
	/** Somebody's life, machines or willingness changed, or I became a judge. */
	| { do: 'announce' }
	| { do: 'observe'; observation: MembershipObservation };
