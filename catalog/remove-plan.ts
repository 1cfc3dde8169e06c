// What will happen if an app is removed. Pure.
import { CoveyError } from '../runtime/engine/errors.ts';
import { ownServer, SERVER_MEMORY, sharesServer, withOwnServers } from './database-servers.ts';
import type { DatabaseType } from './facets.ts';
import type { Graph } from './graph.ts';
import type { Installed, RemovePlan, Wire } from './install-plan.ts';

/** Null when there is no such instance. `deleteData`: its data goes to the trash. */
export function planRemoval(
	instance: string,
	deleteData: boolean,
	{ graph, installed }: { graph: Graph; installed: readonly Installed[] },
): RemovePlan | null {
	const going = installed.find((one) => one.instance === instance);
	if (!going) return null;
	const rest = installed.filter((one) => one.present && one.instance !== instance);
	const effects = going.present ? effectsOn(going, rest, graph) : { blockers: [], unconfigures: [], reconfigures: [] };
	const listed = graph.get(going.app);
	const facets = listed && withOwnServers(listed, going.dedicated ?? []);
	const [shared, own] = [facets?.databases ?? [], facets?.ownDatabases ?? []];
	const lastOf = shared.filter((type) => !hasUser(type, going.host, rest, graph));
	const ownServers = rest.filter((one) => own.some((type) => one.instance === ownServer(instance, type)));
	return {
		instance,
		app: going.app,
		host: going.host,
		status: effects.blockers.length > 0 ? 'blocked' : 'ready',
		...effects,
		data: { volumes: [...(facets?.volumes ?? [])], databases: [...shared, ...own], kept: !deleteData },
		lastOf,
		leftovers: [...rest.filter((one) => one.partOf === instance && !isUsed(one, rest, graph)), ...ownServers].map(
			(one) => one.instance,
		),
		freesBytes: (facets?.memory.min ?? 0) + [...lastOf, ...own].reduce((sum, type) => sum + SERVER_MEMORY[type], 0),
	};
}

/** For who wants to remove it all the same. */
export const removalBlocked = ({ instance, blockers }: RemovePlan): CoveyError =>
	new CoveyError('REMOVAL_BLOCKED', `${instance} is needed: ${blockers.map(({ words }) => words).join('; ')}.`, {
		details: { blockers },
	});

function effectsOn(
	going: Installed,
	rest: readonly Installed[],
	graph: Graph,
): Pick<RemovePlan, 'blockers' | 'unconfigures' | 'reconfigures'> {
	const blockers: RemovePlan['blockers'] = [];
	const unconfigures: Wire[] = [];
	const reconfigures: Wire[] = [];
	for (const user of rest.filter(({ servers = [] }) => servers.includes(going.instance)))
		blockers.push({ instance: user.instance, integration: 'database', words: `${user.instance} has its database there` });
	for (const use of graph.usersOf(going.app)) {
		const integration = graph.get(use.app)?.integrations.find(({ name }) => name === use.integration);
		if (!integration) continue;
		const able = graph.servers(use.app, use.integration);
		for (const user of rest.filter((one) => one.app === use.app && mayUse(one, use.integration, going.instance))) {
			const others = able.flatMap((app) => rest.filter((one) => one.app === app && one.instance !== user.instance));
			const wire = { instance: user.instance, integration: integration.name, words: integration.words, with: going.instance };
			const [next] = others;
			if (!next && integration.required)
				blockers.push({
					instance: user.instance,
					integration: integration.name,
					words: `${user.instance} requires ${integration.words}`,
				});
			else unconfigures.push(wire);
			if (next && !integration.many) reconfigures.push({ ...wire, with: next.instance });
		}
	}
	return { blockers, unconfigures, reconfigures };
}

/** Of an app whose connections are not known, any that could serve it counts. */
function mayUse({ uses = [] }: Installed, integration: string, instance: string): boolean {
	const known = uses.filter((use) => use.integration === integration);
	return known.length === 0 || known.some((use) => use.with === instance);
}

/** By any of the others, whether they require it or not. */
function isUsed(one: Installed, rest: readonly Installed[], graph: Graph): boolean {
	const others = rest.filter(({ instance }) => instance !== one.instance);
	const { blockers, unconfigures } = effectsOn(one, others, graph);
	return blockers.length > 0 || unconfigures.length > 0;
}

const hasUser = (type: DatabaseType, host: string | null, rest: readonly Installed[], graph: Graph): boolean =>
	rest.some((one) => one.host === host && sharesServer(one, type, graph));
