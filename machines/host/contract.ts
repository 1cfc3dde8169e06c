// What a host tells about itself, every few seconds, as a document in the bucket `hosts`; and what others may say to the
// actor `host/<name>` that each member has, and see of it.
import { z } from 'zod';
import { Failure } from '../../runtime/engine/failure.ts';
import { Name } from '../../runtime/engine/record.ts';
import { Bytes, BytesPerSec, Instant, Percent } from '../../runtime/engine/units.ts';

export const HostFacts = z.object({
	schema: z.literal(1),
	host: Name,
	incarnation: z.number().int(),
	/** When measured. */
	at: Instant,
	/** When this incarnation started. */
	startedAt: Instant,
	version: z.string(),
	/** Where people and scripts reach it. */
	http: z.string(),
	nats: z.string(),
	voter: z.boolean(),
	pid: z.number().int(),
	natsPid: z.number().int().nullable(),
	os: z.object({ name: z.string(), version: z.string(), kernel: z.string(), arch: z.string(), bootedAt: Instant }),
	cpu: z.object({
		model: z.string(),
		cores: z.number().int(),
		percent: Percent,
		load: z.tuple([z.number(), z.number(), z.number()]).describe('over 1, 5 and 15 minutes'),
	}),
	memory: z.object({ total: Bytes, available: Bytes, swapTotal: Bytes, swapUsed: Bytes }),
	disks: z.array(
		z.object({
			mount: z.string(),
			type: z.string(),
			total: Bytes,
			available: Bytes,
			data: z.boolean().describe("true: Covey's data directory is on it"),
		}),
	),
	/** Since the measurement before; absent at first. */
	network: z.array(
		z.object({ name: z.string(), address: z.string(), rxPerSec: BytesPerSec.optional(), txPerSec: BytesPerSec.optional() }),
	),
	/** Where the machine tells. */
	temperatures: z.array(z.object({ name: z.string(), celsius: z.number().describe('degrees') })),
	devices: z.array(z.string()),
	labels: z.record(z.string(), z.string()),
	uptimeShare: z.number().describe('0-1, share of the last 30 days (or since first seen) that the host was up'),
	rss: Bytes.describe("bytes, of Covey's own process"),
	drivers: z.array(z.string()),
	/** Machines this host can run, for instance `install@1`. */
	machines: z.array(z.string()),
	cordoned: z.boolean(),
	appPorts: z
		.object({ from: z.number().int(), to: z.number().int(), usual: z.boolean().describe("an app's usual port is tried first") })
		.optional()
		.describe('ports given to apps that did not ask for one'),
	witness: z.boolean().default(false).describe('it votes, and runs no apps'),
	data: z
		.array(z.object({ instance: z.string(), app: z.string(), lastHealthy: Instant }))
		.optional()
		.describe('data of apps on its disk, installed or kept of earlier ones'),
	copyAt: Instant.nullable().default(null).describe("when its copy of the cluster's data for `covey recover` was complete last"),
});
export type HostFacts = z.infer<typeof HostFacts>;

/** `online`: heard within 1.5 s; `stale`: silent, not yet judged; `offline`: confirmed. */
export type Presence = 'online' | 'stale' | 'offline';

export interface HostView extends HostFacts {
	presence: Presence;
	/** Last heartbeat, ms. */
	lastSeen: number;
	apps: number;
}

export const HostInput = z.object({});
export type HostInput = z.infer<typeof HostInput>;

export const HostCommand = z.discriminatedUnion('type', [
	/** Nothing new is placed on it. */
	z.strictObject({ type: z.literal('host.cordon') }),
	z.strictObject({ type: z.literal('host.uncordon') }),
	/** Cordons it, and moves away what can be moved without its data. */
	z.strictObject({ type: z.literal('host.drain') }),
	z.strictObject({ type: z.literal('host.undrain') }),
	/** `force`: also while apps are on it; their data stays on its disk. */
	z.strictObject({ type: z.literal('host.leave'), force: z.boolean().default(false) }),
	/** For a host that is offline. `force`: also while that is not yet confirmed. */
	z.strictObject({ type: z.literal('host.forget'), force: z.boolean().default(false) }),
	z.strictObject({ type: z.literal('host.cancel') }),
	z.strictObject({ type: z.literal('host.retry') }),
]);
export type HostCommand = z.infer<typeof HostCommand>;
export const HOST_COMMANDS = [
	'host.cordon',
	'host.uncordon',
	'host.drain',
	'host.undrain',
	'host.leave',
	'host.forget',
	'host.cancel',
	'host.retry',
] as const;

export const HostFact = z.object({ type: z.literal('host.returned'), host: Name });
export type HostFact = z.infer<typeof HostFact>;

export const HOST_PHASES = ['member', 'cordoned', 'draining', 'drained', 'leaving', 'left', 'forgetting', 'forgotten'] as const;
export type HostPhase = (typeof HOST_PHASES)[number];
/** Phases in which nothing more happens by itself. */
export const HOST_RESTING: readonly HostPhase[] = ['member', 'cordoned', 'drained', 'left', 'forgotten'];

/** What drain could not move. */
export const Staying = z.object({
	instance: Name,
	why: z.string(),
	to: z.string().nullable().describe('the host that would take it; null: none can'),
});
export type Staying = z.infer<typeof Staying>;
export const Moved = z.object({ instance: Name, to: z.string().nullable() });
export type Moved = z.infer<typeof Moved>;

/** `view.data` of a host. */
export const HostData = z.object({
	host: Name,
	cordoned: z.boolean().describe('placement puts nothing new there'),
	moved: z.array(Moved).describe('what the latest drain placed elsewhere'),
	stays: z.array(Staying).describe('what the latest drain could not move, and why'),
	failure: Failure.nullable(),
	departedAt: Instant.nullable().describe('when it left or was forgotten'),
});
export type HostData = z.infer<typeof HostData>;

export const hostRef = (host: string) => ({ kind: 'host', id: host });
