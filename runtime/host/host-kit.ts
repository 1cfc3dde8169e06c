// What the effects of this host work with, from what the host is made of.
import type { Rebuilds } from '../../actors/drivers/rebuilds.ts';
import { neededBy } from '../../actors/installed.ts';
import type { Departure, HostKit } from '../../actors/kit.ts';
import type { Engine } from '../engine/engine.ts';
import type { ActorRecord } from '../engine/record.ts';
import type { HostParts } from './host-parts.ts';
import type { Links } from './links.ts';
import type { LiveMembership } from './membership.ts';
import type { placementView } from './placement-view.ts';

export interface HostKitParts {
	parts: HostParts;
	links: Links;
	membership: LiveMembership;
	rebuilds: Rebuilds;
	placement: ReturnType<typeof placementView>;
	records(): ActorRecord[];
	/** Made after the kit, since its effects come first. */
	engine(): Engine;
	departure(): Departure;
	/** When this host began to hear others, ms. */
	listeningSince: number;
}

export function hostKit({ parts, links, membership, records, listeningSince, ...made }: HostKitParts): HostKit {
	return {
		host: parts.dataDir.identity.host,
		address: parts.address,
		bind: parts.bind,
		ports: parts.appPorts,
		documents: links.documents,
		driver: parts.driver,
		rebuilds: made.rebuilds,
		entry: parts.entry,
		...made.placement,
		records,
		look: async (ref) => (await links.store.read(ref))?.record ?? null,
		command: async (ref, command) => void (await links.command(ref, command)),
		create: ({ kind, id }, input, how) => made.engine().create(kind, id, input, how),
		neededBy: (instance, except) => neededBy(instance, records(), parts.graph(), except),
		presence: membership.presence,
		departure: {
			handOver: (signal) => made.departure().handOver(signal),
			note: () => made.departure().note(),
		},
		trashData: parts.trashData,
		vault: parts.vault,
		voters: { ...parts.voters, lastSeen: membership.lastSeen, listeningSince: () => listeningSince },
	};
}
