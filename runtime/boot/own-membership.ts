// What others decided of this host while it was away: that it votes no more, or that it is no member any more. Watched from its first
// connection on, since a host that is refused everywhere never gets further.

import { toWire } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import { departedError, noteIn } from '../host/departure.ts';
import type { HostLog } from '../host/log.ts';
import { realClock } from '../host/real-clock.ts';
import { watchRole } from '../host/role-watch.ts';
import { watchStanding } from '../host/standing-watch.ts';
import { pinOfIdentity } from '../trust/identity.ts';
import { NOBODY, type Roll } from '../trust/members.ts';
import { askStanding } from '../trust/standing.ts';
import { type OwnServer, obey, obeyThroughOthers } from './own-server.ts';

export interface OwnMembershipParts {
	host: string;
	/** Data directory. */
	folder: string;
	own: OwnServer;
	documents: Documents;
	log: HostLog;
	/** As last read; null until it was. */
	roll(): Roll | null;
	/** Since when the store has answered nothing, ms; null while it does. */
	lostSince(): number | null;
	/** Ends what still runs of a host that has not come up; null once it has. */
	endApps(): Promise<void> | null;
	/** Ends a host that is up. */
	onDeparted(words: string): void;
}

export interface OwnMembership {
	/** Rejects with HOST_FORGOTTEN when this host is told so before it is up. */
	refused: Promise<never>;
	stop(): void;
}

export function watchOwnMembership({
	host,
	folder,
	own,
	documents,
	log,
	lostSince,
	...parts
}: OwnMembershipParts): OwnMembership {
	const { mine } = own;
	const roll = () => parts.roll() ?? mine?.identity.roll ?? NOBODY;
	const refused = Promise.withResolvers<never>();
	// Once the host is up nobody waits for it.
	refused.promise.catch(() => undefined);
	const role = watchRole({
		clock: realClock,
		obey: () => obey(own, documents, host),
		obeyThroughOthers: () => (mine ? obeyThroughOthers(own, roll(), host) : obey(own, documents, host)),
		lostSince,
		onObeyed: (install) => log.warn({ install }, 'this host is no voter any more; its nats-server started without data'),
		onFailure: (thrown) => log.warn({ error: toWire(thrown) }, 'the own member document was not read'),
	});
	const standing =
		mine &&
		watchStanding({
			clock: realClock,
			lostSince,
			ask: () => askStanding({ host, pin: pinOfIdentity(mine.identity) }, roll()),
			onGone() {
				role.stop();
				noteIn(folder, host, Date.now());
				const ended = parts.endApps();
				if (ended) void ended.finally(() => refused.reject(departedError(host, null)));
				else parts.onDeparted(`${host} is no member of its cluster any more: others say so.`);
			},
			onFailure: (thrown) => log.warn({ error: toWire(thrown) }, 'no member was asked whether this host still is one'),
		});
	return {
		refused: refused.promise,
		stop() {
			role.stop();
			standing?.stop();
		},
	};
}
