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

/** By database of the app: the hosts that have a server of it, because one of `there` uses it. */
export function databaseHosts(
	app: Facets,
	graph: Graph,
	there: readonly { app: string; host: string | null }[],
): Map<DatabaseType, Set<string>> {
	const hosts = new Map<DatabaseType, Set<string>>();
	for (const type of app.databases) {
		const users = there.filter(({ app: name }) => graph.get(name)?.databases.includes(type));
		hosts.set(type, new Set(users.flatMap(({ host }) => (host === null ? [] : [host]))));
	}
	return hosts;
}

/** Bytes of the servers that would have to be started for the app on that host. */
export const serverMemory = (app: Facets, host: string, servers: ServerHosts): number =>
	app.databases.reduce((sum, type) => (servers.get(type)?.has(host) ? sum : sum + SERVER_MEMORY[type]), 0);
