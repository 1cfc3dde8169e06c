// The containers of an app in a Compose file of their own. Pure.
import type { Service } from '../schema/service.ts';
import { serverOf } from './database-server.ts';
import { type Exporting, portNumber, type Values } from './values.ts';

export function containerServices(exporting: Exporting, values: Values): Record<string, object> {
	return Object.fromEntries(
		Object.entries(exporting.entry.services).map(([name, service]) => [name, containerService(exporting, values, service)]),
	);
}

function containerService(exporting: Exporting, values: Values, service: Service): object {
	const { entry } = exporting;
	const fillAll = (list: readonly string[] | undefined) => list?.map((text) => values.fill(text));
	const environment = mapOf(service.environment, (text) => values.fill(text));
	const isOnHost = service.network_mode === 'host';
	const dependsOn = {
		...service.depends_on,
		...Object.fromEntries(entry.databases.map((database) => [serverOf(database).host, { condition: 'service_started' }])),
	};
	return filled({
		image: service.image,
		restart: 'unless-stopped',
		entrypoint: fillAll(service.entrypoint),
		command: fillAll(service.command),
		environment,
		ports: isOnHost ? [] : service.ports.map(({ name, target }) => published(exporting, values, name, target)),
		volumes: service.volumes.map((mount) => {
			const suffix = mount.read_only ? ':ro' : '';
			return `${mount.type === 'bind' ? mount.source : folderOf(exporting, mount.source)}:${mount.target}${suffix}`;
		}),
		depends_on: dependsOn,
		healthcheck: service.healthcheck && healthOf(service.healthcheck, values),
		devices: service.devices.filter((path) => isNeeded(exporting, path)).map((path) => `${path}:${path}`),
		user: service.user,
		working_dir: service.working_dir,
		tmpfs: service.tmpfs,
		shm_size: service.shm_size,
		cap_add: service.cap_add,
		sysctls: service.sysctls,
		network_mode: service.network_mode,
		init: service.init || undefined,
		read_only: service.read_only || undefined,
		stop_grace_period: `${Math.ceil(entry.stopTimeout / 1000)}s`,
	});
}

function published({ entry, ports }: Exporting, values: Values, name: string, target: number | string): string {
	const protocol = entry.ports.find((port) => port.name === name)?.protocol === 'udp' ? '/udp' : '';
	return `${portNumber(entry, ports, name)}:${values.fill(String(target))}${protocol}`;
}

export function folderOf({ entry }: Exporting, volume: string): string {
	const shared = entry.volumes.find(({ name }) => name === volume)?.shared;
	return shared === undefined ? `./data/${volume}` : `./shared/${shared}`;
}

/** Compose does not start with a device that is missing, so those that are only nice to have are told instead. */
function isNeeded({ entry, notes }: Exporting, path: string): boolean {
	const device = entry.devices.find((one) => one.path === path);
	if (device?.required) return true;
	const words = `Where the machine has ${path} (${device?.why ?? 'a device'}), add it under \`devices\` of the Compose file.`;
	if (!notes.includes(words)) notes.push(words);
	return false;
}

function healthOf(
	{ test, interval, timeout, retries, start_period }: NonNullable<Service['healthcheck']>,
	values: Values,
): object {
	const ms = (time: number) => (time % 1_000 === 0 ? `${time / 1_000}s` : `${time}ms`);
	return {
		test: test.map((text) => values.fill(text)),
		interval: ms(interval),
		timeout: ms(timeout),
		retries,
		start_period: ms(start_period),
	};
}

const mapOf = (map: Readonly<Record<string, string>>, change: (text: string) => string): Record<string, string> =>
	Object.fromEntries(Object.entries(map).map(([key, text]) => [key, change(text)]));

/** Without what is empty. */
export const filled = (fields: { [name: string]: unknown }): object =>
	Object.fromEntries(
		Object.entries(fields).filter(
			([, value]) => value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
		),
	);
