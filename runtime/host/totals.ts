// The whole cluster in one line (FEATURES C6): pure. Hosts that are offline count as hosts, not as capacity.

import type { HostFacts, Presence } from '../../machines/host/contract.ts';
import { dataDisk } from '../../machines/placement/score.ts';

export interface ClusterTotals {
	hosts: number;
	online: number;
	cores: number;
	cpuPercent: number;
	/** Bytes. */
	memory: { total: number; available: number };
	disk: { total: number; available: number };
	apps: number;
	running: number;
}

export function totalsOf(
	hosts: readonly (HostFacts & { presence: Presence })[],
	apps: readonly { phase: string }[],
): ClusterTotals {
	const online = hosts.filter(({ presence }) => presence !== 'offline');
	const sum = (value: (host: HostFacts) => number) => online.reduce((total, host) => total + value(host), 0);
	const cores = sum(({ cpu }) => cpu.cores);
	return {
		hosts: hosts.length,
		online: online.length,
		cores,
		// Weighted: four busy cores of four weigh more than one of one.
		cpuPercent: cores === 0 ? 0 : Math.round((sum(({ cpu }) => cpu.percent * cpu.cores) / cores) * 10) / 10,
		memory: { total: sum(({ memory }) => memory.total), available: sum(({ memory }) => memory.available) },
		disk: { total: sum((host) => dataDisk(host)?.total ?? 0), available: sum((host) => dataDisk(host)?.available ?? 0) },
		apps: apps.length,
		running: apps.filter(({ phase }) => phase === 'running').length,
	};
}
