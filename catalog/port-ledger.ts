// Which port numbers an app gets on a host, and why not its usual ones. Pure.
import type { FacetPort } from './facets.ts';
import type { PlanHost, PlanPort, Refusal } from './install-plan.ts';

/** Who has which port, by address: hosts on one address share their ports. */
export class PortLedger {
	readonly #taken = new Map<string, Map<number, string>>();

	constructor(hosts: readonly PlanHost[]) {
		for (const { address, taken } of hosts) for (const { port, by } of taken) this.take(address, port, by);
	}

	take(address: string, port: number, by: string): void {
		const ports = this.#taken.get(address) ?? new Map<number, string>();
		this.#taken.set(address, ports.set(port, ports.get(port) ?? by));
	}

	holder(address: string, port: number): string | null {
		return this.#taken.get(address)?.get(port) ?? null;
	}

	/** The first free one of the range from `from` on, or null. */
	free({ address, range }: PlanHost, from = range.from): number | null {
		const first = Math.max(from, range.from);
		for (let port = first; port <= range.to; port++) if (this.holder(address, port) === null) return port;
		for (let port = range.from; port < first; port++) if (this.holder(address, port) === null) return port;
		return null;
	}
}

/** Takes them in the ledger, too. `wishes` by the app's names of its ports. */
export function assignPorts(
	ledger: PortLedger,
	host: PlanHost,
	instance: string,
	ports: readonly FacetPort[],
	wishes: Readonly<Record<string, number>>,
): { status: 'assigned'; ports: PlanPort[] } | { status: 'refused'; refusal: Refusal } {
	const assigned: PlanPort[] = [];
	for (const wanted of ports) {
		const wish = wishes[wanted.name];
		const holder = wish === undefined ? null : ledger.holder(host.address, wish);
		if (wish !== undefined && holder !== null) return { status: 'refused', refusal: inUse(ledger, host, wish, holder) };
		const choice = wish === undefined ? freePort(ledger, host, wanted.port) : { port: wish, why: 'chosen by a person' };
		if (!choice) return { status: 'refused', refusal: noneLeft(host) };
		ledger.take(host.address, choice.port, instance);
		const { name, protocol, port: usual, web } = wanted;
		assigned.push({ name, port: choice.port, protocol, usual, web, why: choice.port === usual ? null : choice.why });
	}
	return { status: 'assigned', ports: assigned };
}

function freePort(ledger: PortLedger, host: PlanHost, usual: number): { port: number; why: string } | null {
	const holder = ledger.holder(host.address, usual);
	if (host.range.usual && holder === null) return { port: usual, why: '' };
	const port = ledger.free(host);
	const why = holder === null ? `${host.host} gives ${host.range.from}-${host.range.to}` : `${usual} is used by ${holder}`;
	return port === null ? null : { port, why };
}

function inUse(ledger: PortLedger, host: PlanHost, port: number, by: string): Refusal {
	const free = ledger.free(host, port + 1);
	return {
		code: 'PORT_IN_USE',
		message: `Port ${port} of ${host.host} is in use by ${by}${free === null ? '' : `; ${free} is free`}.`,
		details: { port, free, by },
	};
}

const noneLeft = ({ host, range }: PlanHost): Refusal => ({
	code: 'PORT_IN_USE',
	message: `${host} has no free port between ${range.from} and ${range.to}.`,
	details: {},
});
