// Small catalogs and hosts for tests of plans.
import type { Facets, Integration } from '../../catalog/facets.ts';
import { graphOf } from '../../catalog/graph.ts';
import type { Installed, PlanHost } from '../../catalog/install-plan.ts';
import type { Place, PlanRequest, PlanWorld } from '../../catalog/plan.ts';

export const MIB = 2 ** 20;

export function app(name: string, more: Partial<Facets> = {}): Facets {
	return {
		name,
		title: name.toUpperCase(),
		memory: { min: 100 * MIB, recommended: 200 * MIB },
		disk: 500 * MIB,
		cores: 1,
		drivers: ['process'],
		arch: [],
		devices: [],
		labels: {},
		ports: [{ name: 'web', port: 8080, protocol: 'tcp', web: true }],
		volumes: ['data'],
		provides: [],
		integrations: [],
		databases: [],
		ownDatabases: [],
		fetches: [{ type: 'npm', name: `${name}@1.0.0` }],
		...more,
	};
}

export const needs = (name: string, apps: string[], more: Partial<Integration> = {}): Integration => ({
	name,
	words: `a ${name}`,
	required: true,
	many: false,
	apps,
	capability: null,
	recommended: apps[0] ?? null,
	...more,
});

export const there = (instance: string, app = instance, host: string | null = 'alder'): Installed => ({
	instance,
	app,
	host,
	present: true,
});

export const host = (name: string, more: Partial<PlanHost> = {}): PlanHost => ({
	host: name,
	address: `${name}.test`,
	range: { from: 20_000, to: 20_099, usual: true },
	taken: [],
	...more,
});

/** By room: a host has `free` bytes of memory; the nearest wins, then the freest, then the name. */
export const placeBy =
	(free: Readonly<Record<string, number>>): Place =>
	({ memoryBytes, pinned, preferred, promised, extraMemory, near, ports }) => {
		const ranked = Object.entries(free).map(([name, bytes]) => {
			const left = bytes - (promised.get(name)?.memory ?? 0) - (extraMemory.get(name) ?? 0);
			const out = left < memoryBytes || (pinned !== null && pinned !== name) || ports.includes(1);
			const points = Math.min(50, left / (100 * MIB)) + (near.get(name)?.length ?? 0) * 5 + (preferred === name ? 30 : 0);
			return {
				host: name,
				score: out ? null : points,
				reasons: out ? [`${left} of memory free`] : [...(near.get(name) ?? ['room'])],
			};
		});
		return ranked.sort((a, b) => (b.score ?? -1) - (a.score ?? -1) || (a.host < b.host ? -1 : 1));
	};

export function world(apps: readonly Facets[], more: Partial<PlanWorld> = {}): PlanWorld {
	return {
		graph: graphOf(apps),
		installed: [],
		hosts: [host('alder'), host('birch')],
		place: placeBy({ alder: 4_000 * MIB, birch: 2_000 * MIB }),
		...more,
	};
}

export const ask = (name: string, more: Partial<PlanRequest> = {}): PlanRequest => ({
	app: name,
	instance: null,
	host: null,
	ports: {},
	dedicated: [],
	with: [],
	recommended: false,
	fresh: false,
	accepted: null,
	...more,
});
