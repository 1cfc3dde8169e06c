// The plan of a host: the desired apps of that host, as data (DESIGN section 7). Numbers and names only:
// nothing here is ever pasted into a script, a unit file or Nix text.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';

export const PlannedHealth = z.object({
	check: z.discriminatedUnion('type', [
		z.object({ type: z.literal('http'), port: z.number().int(), path: z.string(), expect: z.array(z.number().int()).optional() }),
		z.object({ type: z.literal('tcp'), port: z.number().int() }),
		z.object({ type: z.literal('command'), command: z.array(z.string()).min(1) }),
	]),
	intervalMs: z.number().int().positive(),
	timeoutMs: z.number().int().positive(),
	/** Failures in a row that make it unhealthy. */
	retries: z.number().int().positive(),
	/** How long a start may take before it counts as failed. */
	startPeriodMs: z.number().int().positive(),
});

/** Which copy of an instance's data was last seen healthy: the cluster's memory of it, beside the data's own. */
export const DataMark = z.object({
	/** Of the copy; a new beginning gets another. */
	id: z.string(),
	/** +1 with each start that became healthy: a copy with a lower one is older. */
	epoch: z.number().int().nonnegative(),
});
export type DataMark = z.infer<typeof DataMark>;

/** A database on a server of the same host. Its password is a secret, so it is not here. */
export const PlannedDatabase = z.object({
	/** As the app's texts call it: `${database.NAME.url}`. */
	name: Name,
	type: z.enum(['postgres', 'mariadb', 'redis']),
	/** The instance that runs the server. */
	server: Name,
	host: z.string(),
	port: z.number().int().min(1).max(65535),
	/** Its name there; of Redis, its number. */
	database: z.string(),
	user: z.string(),
});
export type PlannedDatabase = z.infer<typeof PlannedDatabase>;

const PlannedRequest = z.object({
	method: z.string(),
	path: z.string(),
	headers: z.record(z.string(), z.string()),
	body: z.string().optional(),
});

/** A call that connects the app with another, made when it is healthy. Secrets are placeholders. */
export const PlannedCall = PlannedRequest.extend({
	/** Of the connection: the same one is the same call. */
	key: z.string(),
	to: z.enum(['app', 'partner']),
	/** `http://192.0.2.7:7878` */
	base: z.string(),
	expect: z.array(z.number().int()).optional(),
	look: z.object({ path: z.string(), headers: z.record(z.string(), z.string()), contains: z.string() }).optional(),
	undo: PlannedRequest.optional(),
});
export type PlannedCall = z.infer<typeof PlannedCall>;

/** An image of the app and what its name stood for when it was planned. */
export const PlannedImage = z.object({
	/** As the catalog names it: `docker.io/miniflux/miniflux:2.3.3`. */
	image: z.string(),
	/** `sha256:…`; null: not known yet. */
	digest: z.string().nullable(),
	/** Why the registry could not tell it, in plain words. */
	why: z.string().nullable(),
});
export type PlannedImage = z.infer<typeof PlannedImage>;

export const PlannedApp = z.object({
	instance: Name,
	/** Catalog entry it came from. */
	app: Name,
	desired: z.enum(['running', 'stopped']),
	/** What `build` fetches. */
	source: z.discriminatedUnion('type', [
		z.object({
			type: z.literal('npm'),
			package: z.string(),
			version: z.string(),
			/** Versions forced on packages it depends on, by package name. */
			overrides: z.record(z.string(), z.string()).optional(),
		}),
		z.object({ type: z.literal('go'), module: z.string(), package: z.string(), version: z.string() }),
		z.object({
			type: z.literal('binary'),
			program: z.string(),
			minVersion: z.string().optional(),
			/** How a person installs the program. */
			hint: z.string().optional(),
			/** Where else it may be, beside PATH; `*` for versions. */
			folders: z.array(z.string()).optional(),
		}),
	]),
	/** argv. Placeholders, allowed here, in env, files and health commands: `${package}` `${program}` `${bin}` `${node}` `${bind}` `${host}` `${url}` `${instance}` `${timezone}` `${volume.NAME}` `${port.NAME}`; but for the command, `${secret.NAME}` and `${database.NAME.…}` too. */
	command: z.array(z.string()).min(1),
	env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()),
	ports: z.array(
		z.object({ name: Name, port: z.number().int().min(1).max(65535), protocol: z.enum(['tcp', 'udp']), bind: z.string() }),
	),
	volumes: z.array(
		z.object({
			name: Name,
			/** Made when absent. */
			folders: z.array(z.string()).default([]),
			/** First content of files, by path; written once, when the volume is new. */
			files: z.record(z.string(), z.string()).optional(),
		}),
	),
	health: PlannedHealth.nullable(),
	/** SIGTERM, then SIGKILL after this long. */
	stopTimeoutMs: z.number().int().positive().default(10_000),
	/** Reserved on the host, bytes. */
	memoryBytes: z.number().int().nonnegative(),
	diskBytes: z.number().int().nonnegative(),
	databases: z.array(PlannedDatabase).optional(),
	/** Names of the placeholders whose values are secrets: they are looked up when it starts. */
	secrets: z.array(z.string()).optional(),
	/** Values in its files, by keys with dots, set before each start. */
	edits: z
		.array(z.object({ volume: Name, path: z.string(), format: z.enum(['json', 'ini']), set: z.record(z.string(), z.string()) }))
		.optional(),
	calls: z.array(PlannedCall).optional(),
	/** How people reach it. */
	address: z.object({ host: z.string(), url: z.string().nullable() }).optional(),
	/** The user of the machine it runs as where Covey is root: for programs that must not. */
	user: z.string().optional(),
	/** Run once, when `folder` of its first volume is not there; `${folder}` is where the command makes it. */
	init: z.object({ folder: z.string(), command: z.array(z.string()).min(1) }).optional(),
	/** For drivers that run containers; absent where it has none, and in older plans. */
	images: z.array(PlannedImage).optional(),
	/** Absent until it was healthy once. It starts on this copy or a newer state of it, on no other (V9). */
	data: DataMark.optional(),
});
export type PlannedApp = z.infer<typeof PlannedApp>;

/** Room kept on a host for an app that is on its way there and not in the plan yet. */
export const Reservation = z.object({
	app: Name,
	memoryBytes: z.number().int().nonnegative(),
	diskBytes: z.number().int().nonnegative(),
	/** Its places on database servers of that host; `number`: of a Redis, once it is chosen. */
	databases: z.array(z.object({ server: Name, number: z.string().nullable() })).optional(),
	/** Host ports by the app's names of them; those not named are chosen when it is planned. */
	ports: z.record(Name, z.number().int().min(1).max(65535)),
	/** ms since 1970: when it was made or made again. */
	at: z.number(),
});
export type Reservation = z.infer<typeof Reservation>;

export const HostPlan = z.object({
	schema: z.literal(1),
	host: Name,
	/** +1 with each change; the store's revision guards it. */
	revision: z.number().int(),
	apps: z.record(Name, PlannedApp),
	/** By instance. Guarded by the same compare-and-set as the apps: nothing is promised twice. */
	reserved: z.record(Name, Reservation).optional(),
});
export type HostPlan = z.infer<typeof HostPlan>;

export const emptyPlan = (host: string): HostPlan => ({ schema: 1, host, revision: 0, apps: {} });
