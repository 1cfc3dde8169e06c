// Which hosts are near to an app, and why: what it is connected with is there, or a server it shares. Pure.
import { DATABASE_NAMES, databaseHosts, type ServerHosts } from './database-servers.ts';
import type { Facets } from './facets.ts';
import type { Graph } from './graph.ts';
import type { Installed } from './install-plan.ts';
import { type Resolved, resolve } from './resolve.ts';

/** Why a host is near, by host. */
export type Near = ReadonlyMap<string, readonly string[]>;

export const present = (installed: readonly Installed[]): Installed[] => installed.filter((one) => one.present);

/** For an app that is not installed, connected with what is there. */
export function nearHosts(app: Facets, graph: Graph, installed: readonly Installed[]): Near {
	const outcome = resolve(app, app.name, { with: [], recommended: false }, { graph, installed });
	if (outcome.status === 'refused') return new Map();
	return nearness(app.name, app, outcome.resolved, installed, databaseHosts(app, graph, present(installed)));
}

export function nearness(
	instance: string,
	app: Facets,
	{ configures, reconfigures }: Pick<Resolved, 'configures' | 'reconfigures'>,
	there: readonly { instance: string; host: string | null }[],
	servers: ServerHosts,
): Near {
	const near = new Map<string, string[]>();
	const add = (host: string, why: string) => near.set(host, [...new Set([...(near.get(host) ?? []), why])]);
	const partners = [
		...configures.filter((wire) => wire.instance === instance).map((wire) => wire.with),
		...reconfigures.filter((wire) => wire.with === instance).map((wire) => wire.instance),
	];
	for (const partner of partners) {
		const host = there.find((one) => one.instance === partner)?.host;
		if (host) add(host, `${partner} is there`);
	}
	for (const type of app.databases)
		for (const host of servers.get(type) ?? []) add(host, `its ${DATABASE_NAMES[type]} server is shared`);
	return near;
}
