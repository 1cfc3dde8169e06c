// The five ports of a host: the usual ones where they are free, else the next ones.
import { freePort } from '../../actors/drivers/ports.ts';
import { CoveyError } from '../engine/errors.ts';
import type { ClusterSettings } from './cluster-settings.ts';

const USUAL = { http: 7780, nats: 4222, cluster: 6222, leaf: 7422, monitor: 8222 };
/** Below the ports the system gives to outgoing connections, so that they are still free after a restart. */
const RANGE = { from: 24_000, to: 31_999 };

/** `offset` keeps the hosts of one machine apart; `taken` is added to. Rejects with ADDRESS_IN_USE when none is free. */
export async function choosePorts(bind: string, offset: number, taken: Set<number>): Promise<ClusterSettings['ports']> {
	const ports: Partial<ClusterSettings['ports']> = {};
	for (const [name, usual] of Object.entries(USUAL) as [keyof typeof USUAL, number][]) {
		const port = await freePort(usual + offset, RANGE, { bind, taken });
		if (port === null) throw new CoveyError('ADDRESS_IN_USE', `No free port between ${RANGE.from} and ${RANGE.to} on ${bind}.`);
		taken.add(port);
		ports[name] = port;
	}
	return ports as ClusterSettings['ports'];
}
