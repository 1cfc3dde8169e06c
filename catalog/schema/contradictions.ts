// What no single field of an entry can see: names that lead nowhere, and things said twice. Pure.
import type { EntryFields } from './fields.ts';
import { strangePlaceholders } from './placeholders.ts';

export interface Contradiction {
	path: (string | number)[];
	message: string;
}

export function contradictions(entry: EntryFields): Contradiction[] {
	return [
		...twins(entry),
		...strangePorts(entry),
		...Object.keys(entry.services).flatMap((name) => strangeInService(entry, name)),
		...strangeHealth(entry),
		...ways(entry),
		...choices(entry),
		...strangePlaceholders(entry),
	];
}

function twins(entry: EntryFields): Contradiction[] {
	const lists = ['ports', 'volumes', 'integrations', 'databases', 'secrets', 'widgets'] as const;
	return lists.flatMap((field) => {
		const names = entry[field].map(({ name }) => name);
		return names.flatMap((name, index) =>
			names.indexOf(name) === index ? [] : [{ path: [field, index, 'name'], message: `"${name}" is there twice` }],
		);
	});
}

function strangePorts(entry: EntryFields): Contradiction[] {
	const check = entry.health?.check;
	const uses = [
		...(check && check.type !== 'command' ? [{ path: ['health', 'check', 'port'], port: check.port }] : []),
		...entry.routes.map(({ port }, index) => ({ path: ['routes', index, 'port'], port })),
		...entry.widgets.map(({ source }, index) => ({ path: ['widgets', index, 'source', 'port'], port: source.port })),
		...Object.entries(entry.services).flatMap(([service, { ports }]) =>
			ports.map(({ name }, index) => ({ path: ['services', service, 'ports', index, 'name'], port: name })),
		),
	];
	const known = entry.ports.map(({ name }) => name);
	return uses.flatMap(({ path, port }) =>
		known.includes(port) ? [] : [{ path, message: `there is no port called "${port}"${among(known)}` }],
	);
}

function strangeInService(entry: EntryFields, name: string): Contradiction[] {
	const service = entry.services[name];
	if (!service) return [];
	const path = ['services', name];
	const volumes = entry.volumes.map((volume) => volume.name);
	const devices = entry.devices.map((device) => device.path);
	return [
		...service.volumes.flatMap((mount, index) =>
			mount.type === 'bind' || volumes.includes(mount.source)
				? []
				: [{ path: [...path, 'volumes', index], message: `there is no volume called "${mount.source}"${among(volumes)}` }],
		),
		...service.devices.flatMap((device, index) =>
			devices.includes(device)
				? []
				: [{ path: [...path, 'devices', index], message: `${device} is not among the app's devices${among(devices)}` }],
		),
		...Object.keys(service.depends_on).flatMap((other) =>
			other !== name && other in entry.services
				? []
				: [{ path: [...path, 'depends_on', other], message: `there is no other service called "${other}"` }],
		),
	];
}

function strangeHealth({ health, services }: EntryFields): Contradiction[] {
	const check = health?.check;
	if (check?.type !== 'command' || check.service === undefined || check.service in services) return [];
	return [{ path: ['health', 'check', 'service'], message: `there is no service called "${check.service}"` }];
}

/** It must run somehow, and every port and volume must be somebody's. */
function ways({ process, services, ports, volumes }: EntryFields): Contradiction[] {
	if (process) {
		const shared = volumes.findIndex((volume) => volume.shared !== undefined);
		return shared < 0 ? [] : [{ path: ['volumes', shared, 'shared'], message: 'only apps in containers have shared folders' }];
	}
	const all = Object.values(services);
	if (all.length === 0) return [{ path: [], message: 'says no way to run it: give `services` with an image, or `process`' }];
	const published = all.flatMap((service) => service.ports.map(({ name }) => name));
	const mounted = all.flatMap((service) => service.volumes.flatMap((mount) => (mount.type === 'volume' ? [mount.source] : [])));
	const hostNetwork = all.some((service) => service.network_mode === 'host');
	return [
		...ports.flatMap(({ name }, index) =>
			hostNetwork || published.includes(name)
				? []
				: [{ path: ['ports', index, 'name'], message: `no service publishes "${name}": add it to the \`ports\` of one` }],
		),
		...volumes.flatMap(({ name }, index) =>
			mounted.includes(name)
				? []
				: [{ path: ['volumes', index, 'name'], message: `no service mounts "${name}": add "${name}:/path" to one` }],
		),
	];
}

function choices({ name, integrations, resources }: EntryFields): Contradiction[] {
	const found = integrations.flatMap(({ apps, capability }, index): Contradiction[] => {
		const path = ['integrations', index];
		if (apps.includes(name)) return [{ path: [...path, 'apps', apps.indexOf(name)], message: 'is the app itself' }];
		return apps.length === 0 && capability === undefined ? [{ path, message: 'names neither `apps` nor a `capability`' }] : [];
	});
	for (const kind of ['memory', 'disk'] as const) {
		const { min, recommended } = resources[kind];
		if (recommended !== undefined && recommended < min)
			found.push({ path: ['resources', kind, 'recommended'], message: 'is less than `min`' });
	}
	return found;
}

const among = (known: readonly string[]): string => (known.length > 0 ? `; there are ${known.join(', ')}` : '');
