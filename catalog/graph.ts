// Which app can use which: the catalog as a graph, with its reverse index. Pure.
import { CoveyError } from '../runtime/engine/errors.ts';
import type { Facets, Integration } from './facets.ts';
import { nearest } from './nearest.ts';

export interface Use {
	app: string;
	integration: string;
	required: boolean;
}

export interface Graph {
	get(app: string): Facets | undefined;
	/** Every app, by name. */
	all(): readonly Facets[];
	/** Apps that can serve an integration, the recommended one first, then by name. */
	servers(app: string, integration: string): readonly string[];
	/** Who can use the app, and as what. */
	usersOf(app: string): readonly Use[];
	providersOf(capability: string): readonly string[];
	usersOfCapability(capability: string): readonly Use[];
}

type GraphFacets = Pick<Facets, 'name' | 'provides' | 'integrations'> & Partial<Facets>;

/** Throws BAD_CATALOG for an integration with an unknown app or with nobody to serve it, and for apps that need each other first. */
export function graphOf(apps: readonly Facets[]): Graph {
	const byName = new Map(apps.map((app) => [app.name, app]));
	const providers = indexProviders(apps);
	const servers = new Map<string, Map<string, string[]>>();
	const users = new Map<string, Use[]>();
	const capabilityUsers = new Map<string, Use[]>();
	for (const app of apps) {
		const own = new Map<string, string[]>();
		for (const integration of app.integrations) {
			const able = serversOf(app.name, integration, byName, providers);
			own.set(integration.name, able);
			const use = { app: app.name, integration: integration.name, required: integration.required };
			for (const server of able) push(users, server, use);
			if (integration.capability !== null) push(capabilityUsers, integration.capability, use);
		}
		servers.set(app.name, own);
	}
	const graph: Graph = {
		get: (name) => byName.get(name),
		all: () => [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
		servers: (app, integration) => servers.get(app)?.get(integration) ?? [],
		usersOf: (app) => users.get(app) ?? [],
		providersOf: (capability) => providers.get(capability) ?? [],
		usersOfCapability: (capability) => capabilityUsers.get(capability) ?? [],
	};
	assertInstallable(apps, graph);
	return graph;
}

function indexProviders(apps: readonly GraphFacets[]): Map<string, string[]> {
	const providers = new Map<string, string[]>();
	for (const { name, provides } of apps) for (const capability of provides) push(providers, capability, name);
	for (const names of providers.values()) names.sort();
	return providers;
}

function serversOf(
	app: string,
	{ name, apps, capability, recommended, required }: Integration,
	known: ReadonlyMap<string, unknown>,
	providers: ReadonlyMap<string, string[]>,
): string[] {
	for (const other of recommended === null ? apps : [...apps, recommended]) {
		if (known.has(other)) continue;
		const near = nearest(other, [...known.keys()]);
		const hint = near.length > 0 ? `; near to it: ${near.join(', ')}` : '';
		throw bad(app, name, `names ${other}, which is not in the catalog${hint}`);
	}
	const able = new Set([...apps, ...(capability === null ? [] : (providers.get(capability) ?? []))]);
	able.delete(app);
	if (required && able.size === 0) throw bad(app, name, `is required, and no app of the catalog can serve it`);
	return [...able].sort((a, b) => Number(b === recommended) - Number(a === recommended) || (a < b ? -1 : 1));
}

/**
 * An app can be installed once each of its required integrations has a server that can be. What remains when nothing more can be
 * added waits for itself.
 */
function assertInstallable(apps: readonly GraphFacets[], graph: Pick<Graph, 'servers'>): void {
	const able = new Set<string>();
	let waiting = [...apps];
	for (let before = -1; before !== able.size; ) {
		before = able.size;
		waiting = waiting.filter((app) => {
			const ready = app.integrations.every(
				({ name, required }) => !required || graph.servers(app.name, name).some((server) => able.has(server)),
			);
			if (ready) able.add(app.name);
			return !ready;
		});
	}
	if (waiting.length > 0) throw cycle(waiting, graph, able);
}

/** Follows the first need that nobody installable can serve until an app comes again. */
function cycle(waiting: readonly GraphFacets[], graph: Pick<Graph, 'servers'>, able: ReadonlySet<string>): CoveyError {
	const byName = new Map(waiting.map((app) => [app.name, app]));
	const path: { app: string; integration: string; server: string }[] = [];
	let app = waiting[0];
	while (app && !path.some((step) => step.app === app?.name)) {
		const { name } = app;
		const unmet = app.integrations.find(
			(one) => one.required && !graph.servers(name, one.name).some((server) => able.has(server)),
		);
		const server = unmet ? graph.servers(name, unmet.name)[0] : undefined;
		if (!unmet || server === undefined) break;
		path.push({ app: name, integration: unmet.name, server });
		app = byName.get(server);
	}
	const loop = path.slice(path.findIndex((step) => step.app === app?.name));
	const words = loop.map((step) => `${step.app} requires ${step.server} (${step.integration})`).join(', ');
	return new CoveyError('BAD_CATALOG', `Apps of the catalog require each other, so none could be installed first: ${words}.`, {
		details: { cycle: loop.map((step) => step.app) },
	});
}

const bad = (app: string, integration: string, problem: string): CoveyError =>
	new CoveyError('BAD_CATALOG', `The integration ${integration} of ${app} ${problem}.`, { details: { app, integration } });

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
	const list = map.get(key);
	if (list) list.push(value);
	else map.set(key, [value]);
}
