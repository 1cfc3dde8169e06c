// Servers of databases that apps share: where they are, and what they cost. Pure.
import type { DatabaseType, Facets } from './facets.ts';
import type { Graph } from './graph.ts';

/** Memory of a database server, bytes. */
export const SERVER_MEMORY: Readonly<Record<DatabaseType, number>> = {
	postgres: 128 * 2 ** 20,
	mariadb: 256 * 2 ** 20,
	redis: 32 * 2 ** 20,
};

export const DATABASE_NAMES: Readonly<Record<DatabaseType, string>> = {
	postgres: 'PostgreSQL',
	mariadb: 'MariaDB',
	redis: 'Redis',
};

export type ServerHosts = ReadonlyMap<DatabaseType, ReadonlySet<string>>;

/** The instance that is the server of one app alone. */
export const ownServer = (instance: string, type: DatabaseType): string => `${instance}-${type}`;

/** The app with servers of its own for these types. */
export const withOwnServers = (app: Facets, dedicated: readonly DatabaseType[]): Facets => ({
	...app,
	databases: app.databases.filter((type) => !dedicated.includes(type)),
	ownDatabases: [...new Set([...app.ownDatabases, ...app.databases.filter((type) => dedicated.includes(type))])],
});

/** By database of the app: the hosts that have a server of it, because one of `there` uses it. */
export function databaseHosts(
	app: Facets,
	graph: Graph,
	there: readonly { app: string; host: string | null; dedicated?: readonly DatabaseType[] }[],
): Map<DatabaseType, Set<string>> {
	const hosts = new Map<DatabaseType, Set<string>>();
	for (const type of app.databases) {
		const users = there.filter((one) => sharesServer(one, type, graph));
		hosts.set(type, new Set(users.flatMap(({ host }) => (host === null ? [] : [host]))));
	}
	return hosts;
}

/** It has a database of that type on the server that the apps of its host share. */
export const sharesServer = (
	{ app, dedicated = [] }: { app: string; dedicated?: readonly DatabaseType[] },
	type: DatabaseType,
	graph: Graph,
): boolean => !dedicated.includes(type) && graph.get(app)?.databases.includes(type) === true;

/** Bytes of the servers that would have to be started for the app on that host. */
export function serverMemory({ databases, ownDatabases }: Facets, host: string, servers: ServerHosts): number {
	const begun = [...databases.filter((type) => !servers.get(type)?.has(host)), ...ownDatabases];
	return begun.reduce((sum, type) => sum + SERVER_MEMORY[type], 0);
}
