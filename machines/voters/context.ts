// What the voters' actor remembers: JSON only, in its record.
import type { WireError } from '../../runtime/engine/errors.ts';
import type { Choice, Situation } from './choose.ts';

export interface VotersContext {
	wanted: 3 | 5;
	excluded: string[];
	/** Until when a host that could not become a voter is not tried again, ms. */
	avoided: Record<string, number>;
	/** A voter that is up: it should own this actor, for only voters see the group. */
	seat: string | null;
	/** As last seen. */
	voters: { host: string; offlineSince: number | null }[];
	copies: number | null;
	choice: Choice | null;
	/** How often in a row the same was chosen: a change that changes nothing is not made without end. */
	repeats: number;
	failure: WireError | null;
	/** Failures in a row. */
	failures: number;
}

export type Seen = Pick<Situation, 'members' | 'copies'>;

/** What `readVoters` answers. */
export interface Survey {
	/** A voter that is up, the reader itself if it is one. */
	seat: string | null;
	/** Null where the reader is no voter: then the seat must look. */
	seen: Seen | null;
}
