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
		const twin = withTwin(assigned, wanted);
		const choice = wish === undefined ? (twin ?? freePort(ledger, host, wanted)) : wishedPort(ledger, host, wish, twin);
		if ('code' in choice) return { status: 'refused', refusal: choice };
		ledger.take(host.address, choice.port, instance);
		const { name, protocol, port: usual, web } = wanted;
		assigned.push({ name, port: choice.port, protocol, usual, web, why: choice.port === usual ? null : choice.why });
	}
	return { status: 'assigned', ports: assigned };
}

type Choice = { port: number; why: string };

/** A protocol that uses TCP and UDP has one number for both. */
function withTwin(assigned: readonly PlanPort[], { port, protocol }: FacetPort): Choice | null {
	const twin = assigned.find((one) => one.usual === port && one.protocol !== protocol);
	return twin ? { port: twin.port, why: twin.why ?? '' } : null;
}

function wishedPort(ledger: PortLedger, host: PlanHost, wish: number, twin: Choice | null): Choice | Refusal {
	const holder = ledger.holder(host.address, wish);
	if (holder !== null && twin?.port !== wish) return inUse(ledger, host, wish, holder);
	return { port: wish, why: 'chosen by a person' };
}

function freePort(ledger: PortLedger, host: PlanHost, { port: usual, fixed }: FacetPort): Choice | Refusal {
	const holder = ledger.holder(host.address, usual);
	if ((host.range.usual || fixed) && holder === null) return { port: usual, why: '' };
	if (fixed) return fixedTaken(ledger, host, usual);
	const port = ledger.free(host);
	if (port === null) return noneLeft(host);
	return {
		port,
		why: holder === null ? `${host.host} gives ${host.range.from}-${host.range.to}` : `${usual} is used by ${holder}`,
	};
}

function inUse(ledger: PortLedger, host: PlanHost, port: number, by: string): Refusal {
	const free = ledger.free(host, port + 1);
	return {
		code: 'PORT_IN_USE',
		message: `Port ${port} of ${host.host} is in use by ${by}${free === null ? '' : `; ${free} is free`}.`,
		details: { port, free, by },
	};
}

function fixedTaken(ledger: PortLedger, host: PlanHost, port: number): Refusal {
	const by = ledger.holder(host.address, port);
	return {
		code: 'PORT_IN_USE',
		message: `It needs port ${port} and no other, which is used by ${by} on ${host.host}.`,
		details: { port, free: null, by },
	};
}

const noneLeft = ({ host, range }: PlanHost): Refusal => ({
	code: 'PORT_IN_USE',
	message: `${host} has no free port between ${range.from} and ${range.to}.`,
	details: {},
});
