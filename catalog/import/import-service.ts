// One service of a Compose file in the terms of an entry. Pure.
import { z } from 'zod';
import { Service } from '../schema/service.ts';
import type { ComposeService } from './compose-file.ts';
import { type Draft, nameFrom, note } from './draft.ts';
import { environmentOf, resolve } from './environment.ts';
import { mountsOf } from './mounts.ts';
import { portsOf } from './published-ports.ts';
import { durationOf } from './quantities.ts';
import { splitWords } from './split-words.ts';

/** Why a field that people use often is not taken over. */
const REASONS: Record<string, string> = {
	build: 'is not taken over: push the image to a registry and name it in `image`',
	container_name: 'is not needed: Covey names containers itself',
	restart: 'is not needed: Covey restarts what ends',
	networks: 'is not needed: services of an app reach each other by name',
	expose: 'is not needed: services of an app reach each other on all ports',
	labels: 'are not taken over; a reverse proxy reads `routes`',
	logging: 'is not needed: Covey keeps the logs, bounded',
	privileged: 'is not taken over: it would hand the host to the app',
	env_file: 'is not read: put its lines into `environment`',
	deploy: 'only the memory limit is taken over, as `resources`',
	secrets: 'are not taken over; use `secrets` of the entry',
	configs: 'are not taken over; use `files` of a volume',
	profiles: 'are not taken over: the service always runs',
	pull_policy: 'is not needed: images are pinned when the app is installed',
	ulimits: 'are not taken over',
	security_opt: 'is not taken over',
	extra_hosts: 'are not taken over',
	hostname: 'is not taken over: the service is reached by its name',
};

const TAKEN = new Set([...Object.keys(z.object(Service.shape).shape), 'stop_grace_period', 'mem_limit', 'platform']);

export function serviceOf(draft: Draft, service: string, fields: ComposeService): object {
	for (const key of Object.keys(fields))
		if (!TAKEN.has(key)) note(draft, `services.${service}.${key}`, REASONS[key] ?? 'is not taken over');
	if (draft.names.get(service) !== service)
		note(draft, `services.${service}`, `is called ${draft.names.get(service)} now; others that reach it by name must be told`);
	const tmpfs = [...(fields.tmpfs ?? []).map((path) => path.split(':')[0] ?? path)];
	const ports = portsOf(draft, service, fields);
	const volumes = mountsOf(draft, service, fields, tmpfs);
	const environment = environmentOf(draft, service, fields.environment);
	const healthcheck = healthOf(draft, service, fields.healthcheck);
	const dependsOn = dependsOnOf(draft, fields.depends_on);
	const devices = devicesOf(draft, service, fields.devices);
	return {
		image: imageOf(draft, service, fields.image),
		...wordsOf(draft, service, 'entrypoint', fields.entrypoint),
		...wordsOf(draft, service, 'command', fields.command),
		...(Object.keys(environment).length > 0 ? { environment } : {}),
		...(ports.length > 0 ? { ports } : {}),
		...(volumes.length > 0 ? { volumes } : {}),
		...(dependsOn ? { depends_on: dependsOn } : {}),
		...(healthcheck ? { healthcheck } : {}),
		...(devices.length > 0 ? { devices } : {}),
		...(tmpfs.length > 0 ? { tmpfs } : {}),
		...plainFields(draft, service, fields),
	};
}

function imageOf(draft: Draft, service: string, image: string | undefined): string {
	const field = `services.${service}.image`;
	if (image === undefined) {
		note(draft, field, 'is missing; write one before it can be installed');
		return 'docker.io/library/missing:0';
	}
	const plain = resolve(draft, field, image);
	const isTagged = /[:@][^/]+$/.test(plain);
	if (!isTagged) note(draft, field, `${plain} has no tag; \`latest\` was meant, write the version you use`);
	return isTagged ? plain : `${plain}:latest`;
}

/** A shell line that only a shell understands keeps its shell. */
function wordsOf(
	draft: Draft,
	service: string,
	field: 'command' | 'entrypoint',
	value: string | string[] | null | undefined,
): object {
	if (value === null || value === undefined) return {};
	const path = `services.${service}.${field}`;
	const list = typeof value === 'string' ? splitWords(value) : value;
	if (list === null) note(draft, path, 'needs a shell, so it runs in one: sh -c');
	const words = (list ?? ['sh', '-c', String(value)]).map((word) => resolve(draft, path, word));
	return words.length > 0 ? { [field]: words } : {};
}

function healthOf(draft: Draft, service: string, health: ComposeService['healthcheck']): object | null {
	if (!health || health.disable === true || health.test === undefined) return null;
	const field = `services.${service}.healthcheck`;
	const [kind, ...words] = typeof health.test === 'string' ? ['CMD-SHELL', health.test] : health.test;
	if (kind === 'NONE') return null;
	const test = kind === 'CMD' ? ['CMD', ...words] : ['CMD', 'sh', '-c', words.join(' ')];
	for (const key of Object.keys(health))
		if (!['test', 'disable', 'interval', 'timeout', 'retries', 'start_period'].includes(key))
			note(draft, `${field}.${key}`, 'is not taken over');
	const times = (['interval', 'timeout', 'start_period'] as const).flatMap((key) => {
		const text = durationOf(health[key]);
		if (text === null && health[key] !== undefined)
			note(draft, `${field}.${key}`, `"${health[key]}" is no duration; the default counts`);
		return text === null ? [] : [[key, text]];
	});
	return {
		test: test.map((word) => resolve(draft, `${field}.test`, word)),
		...Object.fromEntries(times),
		...(health.retries === undefined || health.retries < 1 ? {} : { retries: health.retries }),
	};
}

function dependsOnOf(draft: Draft, value: ComposeService['depends_on']): object | null {
	if (value === undefined) return null;
	const called = (name: string) => draft.names.get(name) ?? nameFrom(name);
	if (Array.isArray(value)) return value.length > 0 ? value.map(called) : null;
	const known = ['service_started', 'service_healthy', 'service_completed_successfully'];
	return Object.fromEntries(
		Object.entries(value).map(([name, { condition = 'service_started' }]) => [
			called(name),
			{ condition: known.includes(condition) ? condition : 'service_started' },
		]),
	);
}

function devicesOf(draft: Draft, service: string, devices: ComposeService['devices'] = []): string[] {
	return devices.flatMap((device, index) => {
		const [source = '', target = source] = (typeof device === 'string' ? device : device.source).split(':');
		const field = `services.${service}.devices.${index}`;
		if (source !== target) note(draft, field, `is ${source} inside, too, instead of ${target}`);
		if (!source.startsWith('/')) {
			note(draft, field, `"${source}" is no path`);
			return [];
		}
		draft.devices.add(source);
		return [source];
	});
}

/** Fields with the same meaning here and there, as far as the schema of an entry takes the value. */
function plainFields(draft: Draft, service: string, fields: ComposeService): object {
	const candidates = {
		user: fields.user,
		working_dir: fields.working_dir,
		shm_size: fields.shm_size?.toLowerCase().replace(/b$/, ''),
		cap_add: fields.cap_add?.map((capability) => capability.replace(/^CAP_/, '')),
		sysctls: Array.isArray(fields.sysctls)
			? Object.fromEntries(fields.sysctls.map((line) => line.split('=', 2)))
			: textsOf(fields.sysctls),
		network_mode: fields.network_mode,
		init: fields.init,
		read_only: fields.read_only,
	};
	const taken: Record<string, unknown> = {};
	for (const [key, value] of Object.entries(candidates)) {
		if (value === undefined) continue;
		const schema = Service.shape[key as keyof typeof candidates];
		const parsed = schema.safeParse(value);
		if (parsed.success) taken[key] = value;
		else
			note(
				draft,
				`services.${service}.${key}`,
				`${JSON.stringify(value)} is not taken over: ${parsed.error.issues[0]?.message ?? ''}`,
			);
	}
	if (fields.platform !== undefined) note(draft, `services.${service}.platform`, `${fields.platform}: say it with \`arch\``);
	return taken;
}

const textsOf = (map: { [name: string]: string | number | boolean } | undefined): Record<string, string> | undefined =>
	map && Object.fromEntries(Object.entries(map).map(([name, value]) => [name, String(value)]));
