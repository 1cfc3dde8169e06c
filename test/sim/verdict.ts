// What the parts of the auditor share: the ways to break, and what is known of an actor.

export type Invariant = 'V1' | 'V2' | 'V3' | 'V4' | 'V5' | 'V6' | 'live';

export interface Violation {
	invariant: Invariant;
	message: string;
	/** True time since the beginning, ms. */
	at: number;
}

export type Fail = (invariant: Invariant, message: string) => void;

/** What is known for certain about one actor, from its commits. */
export interface ActorLedger {
	/** Commands applied: cmdId → the one answer. */
	applied: Map<string, { seq: number; reply: string }>;
	/** Commands whose refusal was committed. */
	refused: Set<string>;
	/** Effects ever committed, by key. */
	effects: Map<string, { src: string; input: string; token: number }>;
	/** When an effect left the record, by key (true time). */
	dropped: Map<string, number>;
	/** Keys whose completion was applied. */
	completed: Set<string>;
	/** Who owned each epoch: `host#incarnation`. */
	owners: Map<number, string>;
	commits: Set<string>;
	/** One entry for each revision, until the next replaced it (true time). */
	times: { phase: string; epoch: number; until: number }[];
}
