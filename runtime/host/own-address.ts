// Where others on the home network reach this machine, when nobody said so.
import { readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

export const LOOPBACK = '127.0.0.1';

/** An IPv4 address of this machine; LOOPBACK when it is on no network. */
export const ownAddress = (): string => chooseAddress(networkInterfaces(), defaultRouteInterface());

/** Bridges and tunnels that container engines and virtual machines make: nobody else is on them. */
const VIRTUAL = /^(docker|br-|veth|virbr|cni|podman|lxc|lxd|tun|tap|tailscale|wg|zt)/;
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;
const LINK_LOCAL = /^169\.254\./;

/** `defaultRoute`: the interface that leads out. It wins; then private addresses; then any other. */
export function chooseAddress(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>, defaultRoute: string | null): string {
	const candidates = Object.entries(interfaces).flatMap(([name, infos]) =>
		(infos ?? [])
			.filter(({ family, internal, address }) => family === 'IPv4' && !internal && !LINK_LOCAL.test(address))
			.map(({ address }) => ({ address, rank: rank(name, address, defaultRoute) })),
	);
	candidates.sort((one, other) => one.rank - other.rank);
	return candidates[0]?.address ?? LOOPBACK;
}

function rank(name: string, address: string, defaultRoute: string | null): number {
	if (name === defaultRoute) return 0;
	if (VIRTUAL.test(name)) return 3;
	return PRIVATE.test(address) ? 1 : 2;
}

/** From the kernel's routing table; null where there is none (no route, or not Linux). */
function defaultRouteInterface(): string | null {
	try {
		const lines = readFileSync('/proc/net/route', 'utf8').split('\n').slice(1);
		const found = lines.map((line) => line.split('\t')).find(([, destination]) => destination === '00000000');
		return found?.[0] ?? null;
	} catch {
		return null;
	}
}
