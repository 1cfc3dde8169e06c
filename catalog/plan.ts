// What will happen if an app is installed: from the catalog, what is installed, the hosts and a person's choices. Pure.
//
// P1. Nothing of a plan is left to chance: the same input gives the same plan, and its fingerprint says what was decided.
// P2. Each step sees what the steps before it will take: memory, disk, ports, database servers.
import {
	DATABASE_NAMES,
	databaseHosts,
	SERVER_MEMORY,
	type ServerHosts,
	serverMemory,
	withOwnServers,
} from './database-servers.ts';
import type { DatabaseType, Facets } from './facets.ts';
import { fingerprintOf, parseFingerprint } from './fingerprint.ts';
import type { Graph } from './graph.ts';
import type { Installed, InstallPlan, PlanDatabase, PlanHost, PlanStep, RankedHost, Refusal } from './install-plan.ts';
import { nearness, present } from './nearness.ts';
import { assignPorts, PortLedger } from './port-ledger.ts';
import { type Choices, type NewApp, type Resolved, resolve } from './resolve.ts';
import { whyNowhere } from './why-nowhere.ts';

export interface PlanRequest extends Choices {
	app: string;
	/** Null: the app's name. */
	instance: string | null;
	/** The host a person named, or null. */
	host: string | null;
	/** Wanted ports of the app itself, by the names of its ports. */
	ports: Readonly<Record<string, number>>;
	/** Databases of the app itself that are to have a server of their own. */
	dedicated: readonly DatabaseType[];
	/** Without the data of an earlier one of this name. */
	fresh: boolean;
	/** A plan that was shown before: it is kept where it still can be. */
	accepted: string | null;
}

export interface PlanWorld {
	graph: Graph;
	installed: readonly Installed[];
	hosts: readonly PlanHost[];
	place: Place;
}

/** Ranks every host for one app, best first; ruled-out hosts last. */
export type Place = (request: PlaceRequest) => RankedHost[];

export interface PlaceRequest {
	instance: string;
	app: Facets;
	memoryBytes: number;
	diskBytes: number;
	pinned: string | null;
	/** Taken when nothing is against it. */
	preferred: string | null;
	/** Without the data of an earlier one of this name. */
	fresh: boolean;
	/** Host ports it must get. */
	ports: readonly number[];
	/** What earlier steps of the same plan will take, by host. */
	promised: ReadonlyMap<string, { memory: number; disk: number }>;
	/** Memory beyond `memoryBytes` on hosts where a database server is to be started. */
	extraMemory: ReadonlyMap<string, number>;
	/** Why a host is near, by host. */
	near: ReadonlyMap<string, readonly string[]>;
}

export type Planned = { status: 'planned'; plan: InstallPlan } | { status: 'refused'; refusal: Refusal; hosts: RankedHost[] };

export function planInstall(request: PlanRequest, world: PlanWorld): Planned {
	const listed = world.graph.get(request.app);
	const instance = request.instance ?? request.app;
	if (!listed) return refused('UNKNOWN_APP', `There is no app called ${request.app} in the catalog.`);
	const app = withOwnServers(listed, request.dedicated);
	if (world.installed.some((one) => one.instance === instance))
		return refused('NAME_TAKEN', `An instance called ${instance} exists already.`);
	const strange = Object.keys(request.ports).find((name) => !app.ports.some((port) => port.name === name));
	if (strange !== undefined) {
		const names = app.ports.map(({ name }) => name).join(', ') || 'none';
		return refused('BAD_REQUEST', `${app.name} has no port called ${strange}; it has ${names}.`);
	}
	const foreign = request.dedicated.find((type) => !app.ownDatabases.includes(type));
	if (foreign !== undefined) return refused('BAD_REQUEST', `${app.name} has no ${DATABASE_NAMES[foreign]} database.`);
	const outcome = resolve(app, instance, request, world);
	if (outcome.status === 'refused') return { ...outcome, hosts: [] };
	const { resolved } = outcome;
	const placed = placeAll(resolved, request, world);
	if (placed.status === 'refused') return placed;
	const { steps } = placed;
	const open = resolved.choices.some(({ required, chosen }) => required && chosen === null);
	const plan = {
		app: app.name,
		instance,
		status: open ? ('open' as const) : ('ready' as const),
		choices: resolved.choices,
		steps,
		configures: resolved.configures,
		reconfigures: resolved.reconfigures,
		totals: totalsOf(steps),
	};
	const entries = resolved.apps.map((one) => world.graph.get(one.app.name));
	return { status: 'planned', plan: { ...plan, fingerprint: fingerprintOf(plan, entries) } };
}

type Placed = { status: 'placed'; steps: PlanStep[] } | Extract<Planned, { status: 'refused' }>;

function placeAll(resolved: Resolved, request: PlanRequest, world: PlanWorld): Placed {
	const kept = request.accepted === null ? null : parseFingerprint(request.accepted);
	const so: SoFar = { steps: [], ledger: new PortLedger(world.hosts), promised: new Map() };
	for (const [index, next] of resolved.apps.entries()) {
		const isMain = next.for === null;
		const before = kept?.places[index];
		const step = placeOne(next, resolved, world, so, {
			pinned: isMain ? request.host : null,
			ports: isMain ? request.ports : {},
			fresh: isMain && request.fresh,
			preferred: before?.host ?? null,
			preferredPorts: before?.ports ?? [],
		});
		if (step.status === 'refused') return step;
		const sum = so.promised.get(step.step.host) ?? { memory: 0, disk: 0 };
		const { host, memoryBytes, diskBytes } = step.step;
		so.promised.set(host, { memory: sum.memory + memoryBytes, disk: sum.disk + diskBytes });
		so.steps.push(step.step);
	}
	return { status: 'placed', steps: so.steps };
}

interface SoFar {
	steps: PlanStep[];
	ledger: PortLedger;
	promised: Map<string, { memory: number; disk: number }>;
}

interface Wanted {
	pinned: string | null;
	preferred: string | null;
	ports: Readonly<Record<string, number>>;
	fresh: boolean;
	preferredPorts: readonly number[];
}

function placeOne(
	{ instance, app, for: wantedBy }: NewApp,
	resolved: Resolved,
	world: PlanWorld,
	so: SoFar,
	wanted: Wanted,
): { status: 'placed'; step: PlanStep } | Extract<Planned, { status: 'refused' }> {
	const servers = databaseHosts(app, world.graph, [...present(world.installed), ...so.steps]);
	const hosts = world.place({
		instance,
		app,
		memoryBytes: app.memory.min,
		diskBytes: app.disk,
		pinned: wanted.pinned,
		preferred: wanted.preferred,
		fresh: wanted.fresh,
		ports: [...Object.values(wanted.ports), ...app.ports.filter(({ fixed }) => fixed).map(({ port }) => port)],
		promised: so.promised,
		extraMemory: new Map(world.hosts.map(({ host }) => [host, serverMemory(app, host, servers)])),
		near: nearness(instance, app, resolved, [...world.installed, ...so.steps], servers),
	});
	const best = hosts[0];
	const host = world.hosts.find((one) => one.host === best?.host);
	if (!best || best.score === null || !host) return noHost(app, hosts, wanted);
	const wishes = { ...keptPorts(app, host, so.ledger, wanted, best.host), ...wanted.ports };
	const assigned = assignPorts(so.ledger, host, instance, app.ports, wishes);
	if (assigned.status === 'refused') return { ...assigned, hosts };
	const databases = databasesOn(app, host.host, servers);
	const there = world.installed.some((one) => one.present && one.app === app.name && one.host === host.host);
	return {
		status: 'placed',
		step: {
			instance,
			app: app.name,
			title: app.title,
			for: wantedBy,
			host: host.host,
			hosts,
			ports: assigned.ports,
			memoryBytes: app.memory.min + serverMemory(app, host.host, servers),
			diskBytes: app.disk,
			databases,
			fetches: app.fetches.map(({ name }) => name),
			volumes: [...app.volumes],
			seconds: secondsFor(app, databases, there),
		},
	};
}

function databasesOn({ databases, ownDatabases }: Facets, host: string, servers: ServerHosts): PlanDatabase[] {
	const begun = (type: DatabaseType, server: 'new' | 'dedicated'): PlanDatabase => ({
		type,
		server,
		memoryBytes: SERVER_MEMORY[type],
		savedBytes: 0,
	});
	const shared = databases.map((type): PlanDatabase => {
		if (!servers.get(type)?.has(host)) return begun(type, 'new');
		return { type, server: 'shared', memoryBytes: 0, savedBytes: SERVER_MEMORY[type] };
	});
	return [...shared, ...ownDatabases.map((type) => begun(type, 'dedicated'))];
}

/** Ports of the plan shown before, as long as they are free; those that a person wished are in `ports` anyway. */
function keptPorts(app: Facets, host: PlanHost, ledger: PortLedger, wanted: Wanted, chosen: string): Record<string, number> {
	if (wanted.preferred !== chosen) return {};
	const kept: Record<string, number> = {};
	for (const [index, { name, port: usual }] of app.ports.entries()) {
		const port = wanted.preferredPorts[index];
		if (port !== undefined && port !== usual && ledger.holder(host.address, port) === null) kept[name] = port;
	}
	return kept;
}

const SECONDS = { base: 5, npm: 45, go: 120, image: 60, program: 0, server: 20, fetched: 3 };

/** A guess from what is to be fetched; what another instance of the app brought to that host is there already. */
function secondsFor(app: Facets, databases: readonly PlanDatabase[], there: boolean): number {
	const fetching = app.fetches.reduce(
		(sum, { type }) => sum + (there && type !== 'program' ? SECONDS.fetched : SECONDS[type]),
		0,
	);
	const starting = databases.filter(({ server }) => server !== 'shared').length * SECONDS.server;
	return SECONDS.base + fetching + starting;
}

function totalsOf(steps: readonly PlanStep[]): InstallPlan['totals'] {
	const sum = (of: (step: PlanStep) => number) => steps.reduce((total, step) => total + of(step), 0);
	return {
		memoryBytes: sum((step) => step.memoryBytes),
		diskBytes: sum((step) => step.diskBytes),
		savedBytes: sum((step) => step.databases.reduce((total, { savedBytes }) => total + savedBytes, 0)),
		seconds: sum((step) => step.seconds),
	};
}

function noHost(app: Facets, hosts: RankedHost[], { pinned }: Wanted): Extract<Planned, { status: 'refused' }> {
	const why = hosts.filter(({ host }) => pinned === null || host === pinned);
	return {
		status: 'refused',
		refusal: {
			code: pinned === null ? 'NO_SUITABLE_HOST' : codeOf(why[0]?.reasons ?? []),
			message: `No host can take ${app.name}: ${whyNowhere(why)}.`,
			details: { hosts },
		},
		hosts,
	};
}

function codeOf(reasons: readonly string[]): Refusal['code'] {
	if (reasons.some((reason) => reason.includes('memory free'))) return 'NOT_ENOUGH_MEMORY';
	if (reasons.some((reason) => reason.includes('disk free'))) return 'NOT_ENOUGH_DISK';
	if (reasons.some((reason) => /^(its data is on|data kept there|data of an earlier)/.test(reason))) return 'DATA_ELSEWHERE';
	return reasons.some((reason) => reason.startsWith('port ')) ? 'PORT_IN_USE' : 'NO_SUITABLE_HOST';
}

const refused = (code: Refusal['code'], message: string): Extract<Planned, { status: 'refused' }> => ({
	status: 'refused',
	refusal: { code, message, details: {} },
	hosts: [],
});
