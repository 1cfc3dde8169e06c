// Plans and placement of this host, for its answers.
import { isInstalled } from '../../actors/installed.ts';
import type { Graph } from '../../catalog/graph.ts';
import type { Catalog } from '../../catalog/load.ts';
import { installRef } from '../../machines/install/contract.ts';
import type { NatsLinks } from '../../nats/links.ts';
import { planningOf } from '../api/planning.ts';
import type { ActorRecord } from '../engine/record.ts';
import type { Host } from '../host/host.ts';

export function hostPlans(catalog: Catalog, graph: () => Graph, records: () => ActorRecord[], running: Host, links: NatsLinks) {
	const { candidates, weights } = running.placement;
	return {
		weights,
		documents: links.documents,
		planning: planningOf({
			catalog,
			graph,
			records,
			candidates: () => candidates(),
			weights,
			busyPorts: (host, ports) => links.askHost(host, { type: 'busyPorts', ports }),
		}),
		exists: async (instance: string) => isInstalled((await links.store.read(installRef(instance)))?.record ?? null),
	};
}
