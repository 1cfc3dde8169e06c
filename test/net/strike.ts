// Does a planned fault to a cluster, and mends it.
import { setTimeout as pause } from 'node:timers/promises';
import type { NetCluster } from './cluster.ts';
import { oneWay, slow, split } from './cuts.ts';
import type { Fault, Planned } from './faults.ts';

/** Resolves when the fault is over and its rest too. A host that was killed is on its way up again then. */
export async function strike(cluster: NetCluster, planned: Planned): Promise<void> {
	const mend = await begin(cluster, planned);
	await pause(planned.forMs);
	await mend();
	await pause(planned.restMs);
}

async function begin(cluster: NetCluster, fault: Fault): Promise<() => Promise<void> | void> {
	const { wire, names } = cluster;
	switch (fault.type) {
		case 'off':
			wire.plug(fault.host, 'out');
			return () => wire.plug(fault.host, 'in');
		case 'split':
			await wire.set(split(names, fault.groups));
			return () => wire.set([]);
		case 'oneWay':
			await wire.set(oneWay(fault.host, fault.deaf));
			return () => wire.set([]);
		case 'slow':
			await wire.set(slow(names, fault.delayMs, fault.loss));
			return () => wire.set([]);
		case 'flap':
			return flap(cluster, fault.host, fault.everyMs);
		case 'freeze':
			cluster.freeze(fault.host, fault.what);
			return () => cluster.thaw(fault.host);
		case 'kill':
			cluster.kill(fault.host, fault.what);
			return () => cluster.revive(fault.host);
		case 'killAll':
			for (const name of names) cluster.kill(name, 'both');
			return () => {
				for (const name of names) cluster.revive(name);
			};
		case 'clock':
			cluster.setClock(fault.host, fault.offsetMs);
			return () => cluster.setClock(fault.host, 0);
	}
}

/** Returns what ends it; the host is connected then. */
export function flap({ wire, names }: NetCluster, host: string, everyMs: number): () => Promise<void> {
	let over = false;
	const rounds = (async () => {
		for (let isOut = true; !over; isOut = !isOut) {
			await wire.set(isOut ? split(names, [names.filter((name) => name !== host)]) : []);
			await pause(everyMs);
		}
		await wire.set([]);
	})();
	return async () => {
		over = true;
		await rounds;
	};
}
