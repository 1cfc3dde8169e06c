// A catalog entry as one host will run it. Pure.
import type { CatalogEntry } from '../catalog/entry.ts';
import type { Process } from '../catalog/schema/process.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { PlannedApp } from './drivers/plan.ts';

export interface PlannedPort {
	name: string;
	port: number;
}

/** `desired` is stopped until somebody starts it. Throws BAD_CATALOG when a port of the entry is not among `ports`. */
export function planApp(entry: CatalogEntry, instance: string, ports: readonly PlannedPort[], bind: string): PlannedApp {
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
		env: process.env,
		ports: entry.ports.map(({ name, protocol }) => ({ name, port: portOf(name), protocol, bind })),
		volumes: entry.volumes.map(({ name, folders, files }) => ({ name, folders, ...(files ? { files } : {}) })),
		health: entry.health && healthOf(entry.health, portOf),
		stopTimeoutMs: entry.stopTimeout,
		memoryBytes: entry.resources.memory.min,
		diskBytes: entry.resources.disk.min,
	};
}

function sourceOf(process: Process): PlannedApp['source'] {
	if (process.type === 'npm') {
		const { package: name, version, overrides } = process;
		return { type: 'npm', package: name, version, ...(overrides ? { overrides } : {}) };
	}
	const { program, minVersion, hint } = process;
	return { type: 'binary', program, hint, ...(minVersion ? { minVersion } : {}) };
}

function healthOf(health: NonNullable<CatalogEntry['health']>, portOf: (name: string) => number): PlannedApp['health'] {
	const { check, interval, timeout, retries, startPeriod } = health;
	const planned = check.type === 'command' ? check : { ...check, port: portOf(check.port) };
	return { check: planned, intervalMs: interval, timeoutMs: timeout, retries, startPeriodMs: startPeriod };
}
