// What this host says and hears: its connection to its own nats-server, and everything that goes over it.
import { type ConnectOptions, connectNats, type NatsConnection } from '../../nats/connect.ts';
import { type NatsLinks, natsLinks } from '../../nats/links.ts';
import type { Heartbeats } from '../engine/ports.ts';
import type { DataDir } from '../host/data-dir.ts';
import { clientIdentity } from './client-identity.ts';
import type { OwnServer } from './own-server.ts';
import { VERSION } from './version.ts';

export interface OwnLinks {
	nc: NatsConnection;
	links: NatsLinks;
	/** Why records could not be read, one text for each. */
	unreadable(): string[];
	/** Tells every host to look at the members now. */
	announce(): void;
	/** Calls `listener` when a host says so. */
	onMembersChanged(listener: () => void): void;
	stop(): Promise<void>;
}

/** Told on `covey.event.members.changed`. */
const MEMBERS_CHANGED = 'members.changed';

/** For the first connections: after a power cut everything on a small machine starts at once. */
const START_LIMIT_MS = 30_000;

/** How this host beats: `connection` is for one of its own. */
export type Beat = (nc: NatsConnection, connection: ConnectOptions) => Promise<Heartbeats>;

/** Rejects with NO_ANSWER. */
export async function openOwnLinks({ identity: { host, incarnation } }: DataDir, own: OwnServer, beat: Beat): Promise<OwnLinks> {
	const connection = {
		servers: [own.nats.url],
		name: `covey ${host}`,
		identity: own.mine && clientIdentity(own.mine),
		deadlineMs: START_LIMIT_MS,
	};
	const nc = await connectNats(connection);
	const unreadable = new Map<string, string>();
	const links = natsLinks(nc, {
		host,
		incarnation,
		version: VERSION,
		heartbeats: await beat(nc, connection),
		onUnreadable: ({ key, message }) => unreadable.set(key, message),
	});
	own.use(nc);
	return {
		nc,
		links,
		unreadable: () => [...unreadable.values()],
		announce: () => links.publish({ type: 'event', event: MEMBERS_CHANGED }, { host, at: Date.now() }),
		onMembersChanged: (listener) => links.hear(MEMBERS_CHANGED, listener),
		stop: () => links.close(),
	};
}
