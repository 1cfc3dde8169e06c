// The five ports of a host: the usual ones where they are free and nobody has just chosen them, else the next ones.
import { freePort, portIsFree } from '../../actors/drivers/ports.ts';
import { CoveyError } from '../engine/errors.ts';
import { claimPort } from './claim-port.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { LOOPBACK } from './own-address.ts';

const USUAL = { http: 7780, nats: 4222, cluster: 6222, leaf: 7422, monitor: 8222 };
/** Below the ports the system gives to outgoing connections, so that they are still free after a restart. */
const RANGE = { from: 24_000, to: 31_999 };

/** Also used on loopback, wherever the host listens: two hosts of one machine must not meet there. */
const ON_LOOPBACK: ReadonlySet<string> = new Set(['http', 'monitor']);

/** `offset` keeps the hosts of one machine apart; `taken` is added to. Rejects with ADDRESS_IN_USE when none is free. */
export async function choosePorts(bind: string, offset: number, taken: Set<number>): Promise<ClusterSettings['ports']> {
	const ports: Partial<ClusterSettings['ports']> = {};
	for (const [name, usual] of Object.entries(USUAL) as [keyof typeof USUAL, number][])
		ports[name] = await choose(usual + offset, ON_LOOPBACK.has(name) ? [bind, LOOPBACK] : [bind], taken);
	return ports as ClusterSettings['ports'];
}

async function choose(usual: number, binds: string[], taken: Set<number>): Promise<number> {
	const [bind = LOOPBACK, ...others] = binds;
	for (;;) {
		const port = await freePort(usual, RANGE, { bind, taken });
		if (port === null) throw new CoveyError('ADDRESS_IN_USE', `No free port between ${RANGE.from} and ${RANGE.to} on ${bind}.`);
		taken.add(port);
		const free = await Promise.all(others.map((other) => portIsFree({ port, bind: other, protocol: 'tcp' })));
		if (free.every(Boolean) && (await claimPort(port))) return port;
	}
}
