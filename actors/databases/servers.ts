// Which server an app's databases are on, who uses it, and how Covey gets in. Pure but for the vault.
import { ownServer } from '../../catalog/database-servers.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { HostPlan, PlannedDatabase } from '../drivers/plan.ts';
import type { HostKit } from '../kit.ts';
import type { DatabaseType, ServerAccess } from './admin.ts';
import { ADMIN_SECRET, ADMIN_USER } from './open-admin.ts';

export type WantedDatabase = CatalogEntry['databases'][number];

/** One server per host and type, but for apps that must have their own, or to which a person gave one. */
export const serverOf = (
	host: string,
	instance: string,
	{ type, server }: WantedDatabase,
	dedicated: readonly DatabaseType[],
): string => (server === 'dedicated' || dedicated.includes(type) ? ownServer(instance, type) : sharedServer(type, host));

export const sharedServer = (type: DatabaseType, host: string): string => `${type}-${host}`;

/** Instances of that host whose databases it has, or is to have. */
export function usersOf(plan: HostPlan, server: string): string[] {
	const inPlan = Object.values(plan.apps).filter(({ databases = [] }) => databases.some((one) => one.server === server));
	const coming = Object.entries(plan.reserved ?? {}).filter(([, { databases = [] }]) =>
		databases.some((one) => one.server === server),
	);
	return [...new Set([...inPlan.map(({ instance }) => instance), ...coming.map(([instance]) => instance)])].sort();
}

/** Rejects with START_FAILED while the server is not in the plan of this host. */
export async function accessOf(kit: Pick<HostKit, 'host' | 'vault'>, plan: HostPlan, server: string): Promise<ServerAccess> {
	const port = plan.apps[server]?.ports[0]?.port;
	const password = (await kit.vault.read(server))?.values[ADMIN_SECRET];
	if (port !== undefined && password !== undefined) return { host: '127.0.0.1', port, user: ADMIN_USER, password };
	throw new CoveyError('START_FAILED', `The database server ${server} is not installed on ${kit.host}.`, { details: { server } });
}

/** As the app's plan has it; null while the server or the name on it is not known. */
export function plannedDatabase(
	plan: HostPlan,
	{ name, type }: WantedDatabase,
	one: { server: string; database: string; user: string } | undefined,
): PlannedDatabase | null {
	const port = one && plan.apps[one.server]?.ports[0]?.port;
	return one === undefined || port === undefined ? null : { name, type, ...pick(one), host: '127.0.0.1', port };
}

const pick = ({ server, database, user }: { server: string; database: string; user: string }) => ({ server, database, user });
