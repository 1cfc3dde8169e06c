// What a host's actor remembers: JSON only, in its record.
import type { WireError } from '../../runtime/engine/errors.ts';
import type { Moved, Staying } from './contract.ts';

export interface HostContext {
	host: string;
	/** What a person asked for last that takes time; retry asks for it again. */
	wish: 'drain' | 'leave' | 'forget' | null;
	force: boolean;
	/** Where it goes back to when the wish fails or is cancelled. */
	from: 'member' | 'cordoned' | 'drained';
	/** On its way out for good: it takes no actors any more. */
	departing: boolean;
	moved: Moved[];
	stays: Staying[];
	failure: WireError | null;
	departedAt: number | null;
}
