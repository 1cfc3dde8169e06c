// A catalog entry as one host will run it. Pure.
import type { CatalogEntry } from '../catalog/entry.ts';
import type { Process } from '../catalog/schema/process.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { Connections } from './connections.ts';
import type { PlannedApp, PlannedDatabase } from './drivers/plan.ts';

export interface PlanAppExtras {
	databases?: readonly PlannedDatabase[];
	connections?: Connections;
	/** How people reach the host: `192.0.2.7`. */
	host?: string;
}

export interface PlannedPort {
	name: string;
	port: number;
}

/** `desired` is stopped until somebody starts it. Throws BAD_CATALOG when a port of the entry is not among `ports`. */
export function planApp(
	entry: CatalogEntry,
	instance: string,
	ports: readonly PlannedPort[],
	bind: string,
	{ databases = [], connections = NONE, host = bind }: PlanAppExtras = {},
): PlannedApp {
	const portOf = (name: string): number => {
		const found = ports.find((port) => port.name === name);
		if (found) return found.port;
		throw new CoveyError('BAD_CATALOG', `${entry.name} has no number for its port ${name}.`, {
			details: { app: entry.name, port: name },
		});
	};
	const { process } = entry;
	if (!process)
		throw new CoveyError('NO_SUITABLE_HOST', `${entry.name} runs in containers only, and this host has no driver for them.`);
	return {
		instance,
		app: entry.name,
		desired: 'stopped',
		source: sourceOf(process),
		command: process.command,
		env: { ...process.env, ...connections.env },
		ports: entry.ports.map(({ name, protocol, local }) => ({ name, port: portOf(name), protocol, bind: bindOf(local, bind) })),
		volumes: entry.volumes.map(({ name, folders, files }) => ({ name, folders, ...(files ? { files } : {}) })),
		health: entry.health && healthOf(entry.health, portOf),
		stopTimeoutMs: entry.stopTimeout,
		memoryBytes: entry.resources.memory.min,
		diskBytes: entry.resources.disk.min,
		address: { host, url: urlOf(entry, host, portOf) },
		...(databases.length > 0 ? { databases: [...databases] } : {}),
		...(connections.edits.length > 0 ? { edits: connections.edits } : {}),
		...(connections.calls.length > 0 ? { calls: connections.calls } : {}),
		...secretsOf(entry, connections),
		...aloneOf(process),
	};
}

/** Where a port of an app listens. */
export const bindOf = (local: boolean, bind: string): string => (local ? '127.0.0.1' : bind);

function urlOf({ ports }: CatalogEntry, host: string, portOf: (name: string) => number): string | null {
	const web = ports.find((port) => port.web !== undefined);
	return web ? webUrl(host, portOf(web.name), web.web ?? '/') : null;
}

export const webUrl = (host: string, port: number, path: string): string => `http://${host}:${port}${path === '/' ? '' : path}`;

const NONE: Connections = { env: {}, edits: [], calls: [], secrets: [] };

function secretsOf({ secrets, databases }: CatalogEntry, connections: Connections): Pick<PlannedApp, 'secrets'> {
	const own = secrets.map(({ name }) => `secret.${name}`);
	const names = [...own, ...databases.map(({ name }) => `database.${name}.password`), ...connections.secrets];
	return names.length > 0 ? { secrets: names } : {};
}

function aloneOf(process: Process): Pick<PlannedApp, 'user' | 'init'> {
	if (process.type !== 'binary') return {};
	const { user, init } = process;
	return { ...(user === undefined ? {} : { user }), ...(init ? { init } : {}) };
}

function sourceOf(process: Process): PlannedApp['source'] {
	if (process.type === 'npm') {
		const { package: name, version, overrides } = process;
		return { type: 'npm', package: name, version, ...(overrides ? { overrides } : {}) };
	}
	if (process.type === 'go') return { type: 'go', module: process.module, package: process.package, version: process.version };
	const { program, minVersion, hint, folders } = process;
	const more = { ...(minVersion ? { minVersion } : {}), ...(folders.length > 0 ? { folders } : {}) };
	return { type: 'binary', program, hint, ...more };
}

function healthOf(health: NonNullable<CatalogEntry['health']>, portOf: (name: string) => number): PlannedApp['health'] {
	const { check, interval, timeout, retries, startPeriod } = health;
	const planned = check.type === 'command' ? check : { ...check, port: portOf(check.port) };
	return { check: planned, intervalMs: interval, timeoutMs: timeout, retries, startPeriodMs: startPeriod };
}
