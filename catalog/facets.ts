// What graph, plan and placement read of a catalog entry: the one place that knows both shapes.
import type { CatalogEntry } from './entry.ts';

export interface Facets {
	name: string;
	title: string;
	memory: { min: number; recommended: number };
	/** Bytes. */
	disk: number;
	cores: number;
	/** Drivers that can run it. */
	drivers: readonly string[];
	/** `x64`, `arm64`; empty: any. */
	arch: readonly string[];
	devices: readonly string[];
	labels: Readonly<Record<string, string>>;
	ports: readonly FacetPort[];
	volumes: readonly string[];
	/** What it offers to other apps: `download-client`. */
	provides: readonly string[];
	integrations: readonly Integration[];
	/** Those on a server that apps share. */
	databases: readonly DatabaseType[];
	/** Those on a server of its own. */
	ownDatabases: readonly DatabaseType[];
	/** What a host fetches for it; a program must be there already. */
	fetches: readonly Fetch[];
}

export interface Fetch {
	type: 'npm' | 'go' | 'image' | 'program';
	/** `node-red@4.0.9` */
	name: string;
}

export interface FacetPort {
	name: string;
	port: number;
	protocol: 'tcp' | 'udp';
	web: boolean;
	/** No other number will do. */
	fixed?: boolean;
}

export type DatabaseType = 'postgres' | 'mariadb' | 'redis';

export interface Integration {
	name: string;
	/** With its article: `a download client`. */
	words: string;
	required: boolean;
	/** Several at once. */
	many: boolean;
	/** Apps that will do. */
	apps: readonly string[];
	/** Any app that provides this will do, too. */
	capability: string | null;
	recommended: string | null;
}

export function facetsOf(entry: CatalogEntry): Facets {
	const { name, title, resources, ports, volumes, databases } = entry;
	return {
		name,
		title,
		memory: { min: resources.memory.min, recommended: resources.memory.recommended ?? resources.memory.min },
		disk: resources.disk.min,
		cores: resources.cores,
		drivers: driversOf(entry),
		arch: entry.arch,
		devices: entry.devices.filter(({ required }) => required).map(({ path }) => path),
		labels: entry.labels,
		ports: ports.map((port) => ({
			name: port.name,
			port: port.default,
			protocol: port.protocol,
			web: port.web !== undefined,
			...(port.fixed ? { fixed: true } : {}),
		})),
		volumes: volumes.map((volume) => volume.name),
		provides: entry.provides,
		integrations: entry.integrations.map(({ capability = null, recommended = null, ...integration }) => ({
			...integration,
			capability,
			recommended,
		})),
		databases: typesOn('shared', databases),
		ownDatabases: typesOn('dedicated', databases),
		fetches: fetchesOf(entry),
	};
}

const typesOn = (kind: 'shared' | 'dedicated', databases: CatalogEntry['databases']): DatabaseType[] => [
	...new Set(databases.filter(({ server }) => server === kind).map(({ type }) => type)),
];

/** Drivers that can run it. */
export function driversOf({ process, services }: CatalogEntry): string[] {
	return [...(process ? ['process'] : []), ...(Object.keys(services).length > 0 ? ['podman', 'nixos'] : [])];
}

function fetchesOf({ process, services }: CatalogEntry): Fetch[] {
	if (!process) return [...new Set(Object.values(services).map(({ image }) => image))].map((name) => ({ type: 'image', name }));
	if (process.type === 'binary') return [{ type: 'program', name: process.program }];
	return [{ type: process.type, name: `${process.package}@${process.version}` }];
}
