// Without a majority of the voters no change can be durable: it is refused at once, with what is needed, instead of left hanging.
import { HostFacts, type Presence } from '../../machines/host/contract.ts';
import { quorumNeed } from '../../machines/host/quorum.ts';
import { isGone, standingsOf } from '../../machines/host/standing.ts';
import { CoveyError, toWire, type WireError } from '../engine/errors.ts';
import type { Bus } from '../engine/ports.ts';
import type { ActorRecord } from '../engine/record.ts';

/** Commands are not even put into an actor's mailbox while `refusal` has something to say. */
export function refusingBus(bus: Bus, refusal: () => WireError | null): Bus {
	return {
		serve: (ref, answer) =>
			bus.serve(ref, async (payload) => {
				const error = refusal();
				return error ? { ok: false, error } : answer(payload);
			}),
	};
}

/** NO_QUORUM with how many voters are needed and which are missing. Pure; `documents` are values of the bucket `hosts`. */
export function refusalOf(
	documents: readonly unknown[],
	records: readonly ActorRecord[],
	presence: (host: string) => Presence,
): WireError {
	const standings = standingsOf(records);
	const voters = documents.flatMap((document) => {
		const { data } = HostFacts.safeParse(document);
		const standing = data && standings.get(data.host);
		return data?.voter && !(standing && isGone(standing)) ? [{ host: data.host, presence: presence(data.host) }] : [];
	});
	const { words, ...details } = quorumNeed(voters);
	return toWire(new CoveyError('NO_QUORUM', `Nothing can be changed now. ${words} Running apps go on.`, { details }));
}
