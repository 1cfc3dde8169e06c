// What a host tells about itself, every few seconds, as a document in the bucket `hosts`.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';

export const HostFacts = z.object({
	schema: z.literal(1),
	host: Name,
	incarnation: z.number().int(),
	/** When measured, ms. */
	at: z.number(),
	/** When this incarnation started, ms. */
	startedAt: z.number(),
	version: z.string(),
	/** Where people and scripts reach it. */
	http: z.string(),
	nats: z.string(),
	voter: z.boolean(),
	pid: z.number().int(),
	natsPid: z.number().int().nullable(),
	os: z.object({ name: z.string(), version: z.string(), kernel: z.string(), arch: z.string(), bootedAt: z.number() }),
	cpu: z.object({
		model: z.string(),
		cores: z.number().int(),
		percent: z.number(),
		load: z.tuple([z.number(), z.number(), z.number()]),
	}),
	/** Bytes. */
	memory: z.object({ total: z.number(), available: z.number(), swapTotal: z.number(), swapUsed: z.number() }),
	/** Bytes. `data` marks the disk with Covey's data directory. */
	disks: z.array(z.object({ mount: z.string(), type: z.string(), total: z.number(), available: z.number(), data: z.boolean() })),
	/** Bytes per second since the measurement before; absent at first. */
	network: z.array(
		z.object({ name: z.string(), address: z.string(), rxPerSec: z.number().optional(), txPerSec: z.number().optional() }),
	),
	/** Degrees Celsius, where the machine tells. */
	temperatures: z.array(z.object({ name: z.string(), celsius: z.number() })),
	devices: z.array(z.string()),
	labels: z.record(z.string(), z.string()),
	/** Share of the last 30 days (or since first seen) that the host was up, 0-1. */
	uptimeShare: z.number(),
	/** Covey's own process, bytes. */
	rss: z.number(),
	drivers: z.array(z.string()),
	/** Machines this host can run, for instance `install@1`. */
	machines: z.array(z.string()),
	cordoned: z.boolean(),
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
