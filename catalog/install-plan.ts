// What will happen if an app is installed or removed, as data: the answer to `plan.install` and `plan.remove`.
import { z } from 'zod';
import { Name } from '../runtime/engine/record.ts';
import { Bytes, Seconds } from '../runtime/engine/units.ts';
import { DATABASE_TYPES } from './schema/partners.ts';

const Protocol = z.enum(['tcp', 'udp']);
const Database = z.enum(DATABASE_TYPES);
type DatabaseType = z.infer<typeof Database>;

export const PlanOption = z.object({
	app: Name,
	title: z.string(),
	instance: Name.nullable().describe('the installed one; null: it would be installed, too'),
	memoryBytes: Bytes.describe('bytes it would need; 0 when installed'),
	recommended: z.boolean(),
});
export type PlanOption = z.infer<typeof PlanOption>;

export const PlanChoice = z.object({
	instance: Name.describe('whose integration it is'),
	integration: z.string(),
	words: z.string().describe('what is needed: `a download client`'),
	required: z.boolean(),
	options: z.array(PlanOption),
	chosen: z.string().nullable().describe('an instance of the plan; null: open, or left out when it is not required'),
	by: z.enum(['person', 'recommended']).nullable(),
});
export type PlanChoice = z.infer<typeof PlanChoice>;

export const PlanPort = z.object({
	name: z.string(),
	port: z.number().int(),
	protocol: Protocol,
	usual: z.number().int().describe('the number the app has by default'),
	web: z.boolean(),
	why: z.string().nullable().describe('why not the usual one'),
});
export type PlanPort = z.infer<typeof PlanPort>;

export const PlanDatabase = z.object({
	type: Database,
	server: z
		.enum(['shared', 'new', 'dedicated'])
		.describe('a server that runs there already, one that is started for it and later apps, or one for it alone'),
	memoryBytes: Bytes.describe('memory of the server that is started for it; 0 where one runs already'),
	savedBytes: Bytes.describe('memory a server of its own would take'),
});
export type PlanDatabase = z.infer<typeof PlanDatabase>;

export const RankedHost = z.object({
	host: Name,
	score: z.number().nullable().describe('0-100; null: ruled out'),
	reasons: z.array(z.string()),
});
export type RankedHost = z.infer<typeof RankedHost>;

export const PlanStep = z.object({
	instance: Name,
	app: Name,
	title: z.string(),
	for: z.string().nullable().describe('the instance that needs it; null: it was asked for'),
	host: Name,
	hosts: z.array(RankedHost).describe('best first, with the reasons'),
	ports: z.array(PlanPort),
	memoryBytes: Bytes,
	diskBytes: Bytes,
	databases: z.array(PlanDatabase),
	fetches: z.array(z.string()).describe('images, packages and programs'),
	volumes: z.array(z.string()).describe('where its data will be'),
	seconds: Seconds.describe('s, a guess'),
});
export type PlanStep = z.infer<typeof PlanStep>;

export const Wire = z.object({
	instance: Name,
	integration: z.string(),
	words: z.string(),
	with: Name.describe('the instance it is connected to'),
});
export type Wire = z.infer<typeof Wire>;

export const InstallPlan = z.object({
	app: Name,
	instance: Name,
	status: z.enum(['ready', 'open']).describe('open: a required choice is to be made'),
	fingerprint: z.string().describe('accepts exactly this plan: `plan` of covey.create.install'),
	choices: z.array(PlanChoice),
	steps: z.array(PlanStep).describe('in the order of installing; the last is the app itself'),
	configures: z.array(Wire).describe('what is set up by itself in the new apps'),
	reconfigures: z.array(Wire).describe('what changes in installed apps'),
	totals: z.object({ memoryBytes: Bytes, diskBytes: Bytes, savedBytes: Bytes, seconds: Seconds }),
});
export type InstallPlan = z.infer<typeof InstallPlan>;

export const RemovePlan = z.object({
	instance: Name,
	app: Name,
	host: Name.nullable(),
	status: z.enum(['ready', 'blocked']),
	blockers: z.array(z.object({ instance: Name, integration: z.string(), words: z.string() })),
	unconfigures: z.array(Wire).describe('what installed apps lose'),
	reconfigures: z.array(Wire).describe('what installed apps use instead'),
	data: z.object({ volumes: z.array(z.string()), databases: z.array(Database), kept: z.boolean() }),
	lastOf: z.array(Database).describe('shared servers of that host that nobody uses afterwards'),
	leftovers: z.array(Name).describe('apps that were installed for it, and that nobody uses afterwards'),
	freesBytes: Bytes.describe('memory'),
});
export type RemovePlan = z.infer<typeof RemovePlan>;

/** An app that is there, as plans see it. */
export interface Installed {
	instance: string;
	app: string;
	host: string | null;
	/** False: it failed or is going; its name is taken, but nobody can use it. */
	present: boolean;
	/** The instance it was installed for. */
	partOf?: string | null;
	/** Databases for which it has a server of its own. */
	dedicated?: readonly DatabaseType[];
	/** Instances that have its databases. */
	servers?: readonly string[];
	/** What it is connected with, as far as known. */
	uses?: readonly { integration: string; with: string }[];
}

/** What a plan knows of a host beside its score. */
export interface PlanHost {
	host: string;
	/** Hosts with the same address share their ports. */
	address: string;
	/** Given to apps that did not ask for one. */
	range: { from: number; to: number /** Try the usual port first. */; usual: boolean };
	taken: readonly { port: number; by: string }[];
}

export interface Refusal {
	code:
		| 'NAME_TAKEN'
		| 'NO_SUITABLE_HOST'
		| 'DATA_ELSEWHERE'
		| 'NOT_ENOUGH_MEMORY'
		| 'NOT_ENOUGH_DISK'
		| 'PORT_IN_USE'
		| 'BAD_REQUEST'
		| 'UNKNOWN_APP'
		| 'UNKNOWN_ACTOR';
	message: string;
	details: { [key: string]: unknown };
}
