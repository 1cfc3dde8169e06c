// Which refusals are worth asking again for. A repeat carries the same cmdId, so it is applied at most once.
import { z } from 'zod';
import { CoveyError, type ErrorCode } from '../runtime/engine/errors.ts';

const PASSING: ReadonlySet<ErrorCode> = new Set(['NO_ANSWER', 'TIMEOUT', 'ACTOR_MOVED', 'STORE_UNAVAILABLE', 'HOST_UNREACHABLE']);

const Heard = z.object({ needed: z.number(), up: z.array(z.unknown()) });

/** A host that has just woken up, or sees an election, refuses though enough voters can be heard: soon it will not. */
export function isPassing(error: unknown): boolean {
	if (!(error instanceof CoveyError)) return false;
	if (error.code !== 'NO_QUORUM') return PASSING.has(error.code);
	const heard = Heard.safeParse(error.details);
	return heard.success && heard.data.needed > 0 && heard.data.up.length >= heard.data.needed;
}
