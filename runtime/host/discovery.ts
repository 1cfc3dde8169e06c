// Hosts of one network find each other by multicast DNS (`_covey._tcp`). What is heard is a hint for people: nobody becomes a
// member by it.
import { Bonjour, type Service } from 'bonjour-service';
import { z } from 'zod';
import { Name } from '../engine/record.ts';

export interface Announcement {
	host: string;
	/** Its cluster's name. */
	cluster: string;
	/** First 16 hex digits of the fingerprint of the cluster's CA. */
	ca: string;
	version: string;
	/** Of its HTTP server, where tokens are taken. */
	port: number;
}

export interface Discovered extends Announcement {
	address: string;
	/** When it was heard first, ms. */
	since: number;
}

export interface Discovery {
	/** Whom we hear now, without ourselves, by name. */
	found(): Discovered[];
	stop(): Promise<void>;
}

export interface DiscoveryOptions {
	/** The IPv4 address whose network is used. */
	address: string;
	/** Null: only listens. */
	announce: Announcement | null;
	onFound?(found: Discovered): void;
	/** No multicast on this network, or the port is taken: discovery is off then, everything else works. */
	onTrouble(message: string): void;
}

const TYPE = 'covey';
/** How often others are asked again, and those forgotten that fell silent. */
const LOOK_AGAIN_MS = 30_000;
/** Any machine may say anything: what is not of this shape is not shown. */
const Text = z.object({ host: Name, cluster: Name, ca: z.string().regex(/^[0-9a-f]{16}$/), version: z.string().min(1).max(32) });

export function startDiscovery(options: DiscoveryOptions): Discovery {
	const { announce } = options;
	const found = new Map<string, Discovered>();
	const trouble = (error: unknown) => options.onTrouble(error instanceof Error ? error.message : String(error));
	// Bound to every address: a socket bound to one of them is given no multicast packets.
	const bonjour = new Bonjour({ interface: options.address, bind: '0.0.0.0' } as never, trouble);
	if (announce) {
		const { host, cluster, ca, version, port } = announce;
		// The name must be unique in the network: two clusters may both have a host called nas.
		const service = bonjour.publish({
			name: `${host} of ${cluster}`,
			type: TYPE,
			port,
			host: `${host}-${cluster}.local`,
			txt: { host, cluster, ca, version },
			probe: false,
			disableIPv6: true,
		});
		service.on('error', trouble);
	}
	const browser = bonjour.find({ type: TYPE });
	browser.on('up', (service) => {
		const heard = read(service);
		if (heard === null || isMe(heard, announce)) return;
		const key = keyOf(heard);
		const known = found.get(key);
		found.set(key, known ? { ...heard, since: known.since } : heard);
		if (!known) options.onFound?.(heard);
	});
	browser.on('down', (service) => {
		const gone = read(service);
		if (gone) found.delete(keyOf(gone));
	});
	const again = setInterval(() => {
		browser.update();
		browser.expire();
		for (const [key] of found) if (!browser.services.some((service) => keyIn(service) === key)) found.delete(key);
	}, LOOK_AGAIN_MS);
	again.unref();
	return {
		found: () => [...found.values()].sort((one, other) => one.host.localeCompare(other.host)),
		stop: () =>
			new Promise((resolve) => {
				clearInterval(again);
				browser.stop();
				bonjour.unpublishAll(() => bonjour.destroy(() => resolve()));
			}),
	};
}

function read(service: Service): Discovered | null {
	const text = Text.safeParse(service.txt);
	// The packet's own sender is believed over the addresses it names: a host may have several that do not lead here.
	const address = service.referer?.address ?? service.addresses?.[0];
	if (!text.success || address === undefined) return null;
	return { ...text.data, port: service.port, address, since: Date.now() };
}

function keyIn(service: Service): string | null {
	const heard = read(service);
	return heard && keyOf(heard);
}

const keyOf = ({ cluster, host }: Announcement): string => `${cluster}/${host}`;

const isMe = (heard: Announcement, me: Announcement | null): boolean => me !== null && keyOf(heard) === keyOf(me);
