// What this host tells of itself: who it is, what it can run, and how the machine does.
import type { HostFacts } from '../../machines/host/contract.ts';
import type { DataDir } from './data-dir.ts';
import { createFacts, type MachineFacts } from './facts.ts';
import { openUptime } from './uptime.ts';

/** The part that covey.ts knows; functions where it changes while the host runs. */
export interface OwnFactsParts {
	dataDir: DataDir;
	version: string;
	http: string;
	nats: string;
	drivers: string[];
	machines: string[];
	voter(): boolean;
	natsPid(): number | null;
	cordoned(): boolean;
	appPorts: NonNullable<HostFacts['appPorts']>;
	/** It votes, and runs no apps. */
	witness?: boolean;
	/** Data of apps on its disk. */
	data(): HostFacts['data'];
	/** When its copy of the cluster's data was complete last, ms. */
	copyAt(): number | null;
}

export function ownFacts(parts: OwnFactsParts): () => Promise<HostFacts> {
	const { host, incarnation } = parts.dataDir.identity;
	const startedAt = Date.now();
	const meter = createFacts(parts.dataDir.path);
	const uptime = openUptime(parts.dataDir.file('uptime.json'), startedAt);
	return async () => {
		const machine: MachineFacts = await meter.measure();
		const now = Date.now();
		return {
			schema: 1,
			host,
			incarnation,
			at: now,
			startedAt,
			version: parts.version,
			http: parts.http,
			nats: parts.nats,
			voter: parts.voter(),
			pid: process.pid,
			natsPid: parts.natsPid(),
			labels: {},
			uptimeShare: uptime.share(now),
			drivers: parts.drivers,
			machines: parts.machines,
			cordoned: parts.cordoned(),
			appPorts: parts.appPorts,
			witness: parts.witness ?? false,
			data: parts.data(),
			copyAt: parts.copyAt(),
			...machine,
		};
	};
}
