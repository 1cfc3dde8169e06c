// What a host tells about itself, every few seconds, as a document in the bucket `hosts`.
import { z } from 'zod';
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
