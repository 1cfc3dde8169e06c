// What others may say to an install actor and see of it. One per instance, alive as long as the instance is.
import { z } from 'zod';
import { ExactVersion } from '../../catalog/quantity.ts';
import { DATABASE_TYPES } from '../../catalog/schema/partners.ts';
import { Failure } from '../../runtime/engine/failure.ts';
import { Name } from '../../runtime/engine/record.ts';
import { Instant } from '../../runtime/engine/units.ts';

export const Port = z.number().int().min(1).max(65535);

/** Which app a part belongs to, and to which try of it: an app that was there before is nobody's part. */
export const PartOf = z.object({ instance: Name, since: Instant });
export type PartOf = z.infer<typeof PartOf>;

/** What an app is connected with: the instance that serves one of its integrations. */
export const Use = z.object({ integration: Name, with: Name });
export type Use = z.infer<typeof Use>;

/** An installed app that gains an integration. */
export const Announce = z.object({ instance: Name, integration: Name });
export type Announce = z.infer<typeof Announce>;

/** An app that has to run before the one it is installed for. */
export const Part = z.object({
	instance: Name,
	app: Name,
	/** As an accepted plan says; another host or port is taken when these cannot be had. */
	planned: z.object({ host: Name, ports: z.record(Name, Port) }).nullable(),
	uses: z.array(Use).default([]),
});
export type Part = z.infer<typeof Part>;

/** What a person asks for; everything else is found out. */
export const InstallInput = z.object({
	app: Name,
	/** The host a person named, or null: placement chooses. */
	pinnedHost: Name.nullable().default(null),
	/** Wanted host ports by the entry's port names. */
	ports: z.record(Name, Port).default({}),
	/** What an accepted plan says of it; another host or port is taken when these cannot be had. */
	planned: z
		.object({ host: Name, ports: z.record(Name, Port) })
		.nullable()
		.default(null),
	/** Installed first, in this order, and taken back with it when it fails. */
	parts: z.array(Part).default([]),
	partOf: PartOf.nullable().default(null),
	/** Begins without the data of an earlier one, which stays where it is. */
	fresh: z.boolean().default(false),
	/** Databases for which it gets a server of its own, beside those of which the catalog says so. */
	dedicated: z.array(z.enum(DATABASE_TYPES)).default([]),
	/** As its plan says. */
	uses: z.array(Use).default([]),
	/** Installed apps that are connected with it once it runs. */
	announces: z.array(Announce).default([]),
});
export type InstallInput = z.infer<typeof InstallInput>;

export const InstallCommand = z.discriminatedUnion('type', [
	z.strictObject({ type: z.literal('install.cancel') }),
	z.strictObject({ type: z.literal('install.retry') }),
	z.strictObject({ type: z.literal('install.start') }),
	z.strictObject({ type: z.literal('install.stop') }),
	z.strictObject({ type: z.literal('install.restart') }),
	/** Goes on with the data that is there, though it is empty or older than what the app had. */
	z.strictObject({ type: z.literal('install.acceptData') }),
	/** Of the catalog, or the one named. Its data is copied first, and comes back with the old version when the new one does not get well. */
	z.strictObject({ type: z.literal('install.update'), version: ExactVersion.nullable().default(null) }),
	/** What it is connected with from now on: the whole list. It returns to what it was when it does not get well with it. */
	z.strictObject({ type: z.literal('install.connect'), uses: z.array(Use).max(50) }),
	/** Places it again, as long as it has not run. */
	z.strictObject({ type: z.literal('install.relocate') }),
	/** Data is kept unless `deleteData`; then it goes to the host's trash, not away. Refused while others require it, unless `force`. */
	z.strictObject({
		type: z.literal('install.remove'),
		deleteData: z.boolean().default(false),
		force: z.boolean().default(false).describe('also when other apps require it: they lose it'),
	}),
]);
export type InstallCommand = z.infer<typeof InstallCommand>;
export const COMMANDS = [
	'install.cancel',
	'install.retry',
	'install.start',
	'install.stop',
	'install.restart',
	'install.acceptData',
	'install.update',
	'install.connect',
	'install.relocate',
	'install.remove',
] as const;

export const InstallFact = z.discriminatedUnion('type', [
	z.object({ type: z.literal('host.lost'), host: Name }),
	z.object({ type: z.literal('host.returned'), host: Name }),
	/** Its host left the cluster or was forgotten, at `departedAt`. */
	z.object({ type: z.literal('host.forgotten'), host: Name, how: z.enum(['left', 'forgotten']), departedAt: Instant }),
	/** `code`: why, where that is known better than from the type. */
	z.object({ type: z.literal('app.unhealthy'), host: Name, reason: z.string(), code: z.string().optional() }),
	z.object({ type: z.literal('app.failed'), host: Name, reason: z.string(), code: z.string().optional() }),
	z.object({ type: z.literal('app.recovered'), host: Name }),
]);
export type InstallFact = z.infer<typeof InstallFact>;

export interface AssignedPort {
	name: string;
	port: number;
	protocol: 'tcp' | 'udp';
	/** `http://192.0.2.7:5006`, when a browser can open it. */
	url: string | null;
}

export const UsedDatabase = z.object({
	name: z.string(),
	type: z.enum(DATABASE_TYPES),
	server: Name.describe('the instance that runs the server'),
});
export type UsedDatabase = z.infer<typeof UsedDatabase>;

/** What is to be placed. `planned`: where, and with which ports, if that still can be. */
export interface PlaceInput {
	instance: string;
	app: string;
	pinnedHost: string | null;
	avoid: string[];
	ports: Record<string, number>;
	planned: { host: string; ports: Record<string, number> } | null;
	fresh: boolean;
}

/** How to take back one thing that was done. Each is harmless when there is nothing to take back. */
export type UndoStep = 'removeFromPlan' | 'stopUnit';

export const PHASES = [
	'queued',
	'validating',
	'configuring',
	'building',
	'starting',
	'running',
	'updating',
	'error',
	'stopping',
	'stopped',
	'removing',
	'removed',
	'failed',
	'rollingBack',
	'rolledBack',
	'unreachable',
] as const;
export type InstallPhase = (typeof PHASES)[number];
/** Phases in which nothing more happens by itself. */
export const RESTING: readonly InstallPhase[] = ['running', 'error', 'stopped', 'removed', 'failed', 'rolledBack', 'unreachable'];

/** `view.data` of an install. */
export const InstallData = z.object({
	app: Name,
	host: Name.nullable(),
	pinned: z.boolean(),
	url: z.string().nullable().describe('what a browser opens'),
	ports: z.array(z.object({ name: z.string(), port: Port, protocol: z.enum(['tcp', 'udp']), url: z.string().nullable() })),
	generation: z.number().int().nullable(),
	failure: Failure.nullable(),
	undo: z.array(z.string()).describe('what would be taken back if it failed now, first to go first'),
	databases: z.array(UsedDatabase).optional().describe('what it keeps on database servers of its host'),
	dedicated: z.array(z.enum(DATABASE_TYPES)).optional().describe('databases for which a person gave it a server of its own'),
	unusedServers: z.array(Name).optional().describe('database servers that nobody uses since it was removed'),
	unreachableSince: Instant.nullable(),
	placement: z.string().nullable(),
	parts: z.array(Name).optional().describe('what is installed with it, in this order'),
	partOf: Name.nullable().optional().describe('what it was installed for'),
	uses: z.array(Use).optional().describe('what it is connected with'),
});
export type InstallData = z.infer<typeof InstallData>;

/** Actor id of an installed instance. */
export const installRef = (instance: string) => ({ kind: 'install', id: instance });
