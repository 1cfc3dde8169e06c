// Which ports of this host an app gets. The plan is the ledger: what another app was promised is never given twice.
import type { CatalogEntry } from '../catalog/entry.ts';
import type { AssignedPort } from '../machines/install/contract.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { HostPlan } from './drivers/plan.ts';
import { freePort, portIsFree } from './drivers/ports.ts';
import type { HostKit } from './kit.ts';
import { bindOf, webUrl } from './plan-app.ts';
import { claimsOn } from './reservations.ts';

/** Throws PORT_IN_USE naming a free one, or BAD_REQUEST for a port name the app does not have. */
export async function assertPortsFree(
	kit: HostKit,
	plan: HostPlan,
	instance: string,
	entry: CatalogEntry,
	wishes: Record<string, number>,
): Promise<void> {
	for (const name of Object.keys(wishes)) {
		if (entry.ports.some((port) => port.name === name)) continue;
		const names = entry.ports.map((port) => port.name);
		throw new CoveyError('BAD_REQUEST', `${entry.name} has no port called ${name}; it has ${names.join(', ') || 'none'}.`);
	}
	const taken = portsTaken(plan, instance);
	for (const { name, protocol, local } of entry.ports) {
		const bind = bindOf(local, kit.bind);
		const wish = wishes[name];
		if (wish === undefined) continue;
		const user = claimsOn(plan).find((claim) => claim.instance !== instance && claim.ports.includes(wish));
		if (!user && (await portIsFree({ port: wish, bind, protocol }))) continue;
		const free = await freePort(wish + 1, kit.ports, { bind, protocol, taken });
		const by = user ? `by ${user.instance}` : 'by another program';
		throw new CoveyError('PORT_IN_USE', `Port ${wish} of ${kit.host} is in use ${by}${free ? `; ${free} is free` : ''}.`, {
			details: { port: wish, free },
		});
	}
}

/** The wished port, else the one kept for it, else the usual one where this host offers it, else a free one of the host's range. */
export async function assignPorts(
	kit: HostKit,
	plan: HostPlan,
	instance: string,
	entry: CatalogEntry,
	wishes: Record<string, number>,
): Promise<AssignedPort[]> {
	await assertPortsFree(kit, plan, instance, entry, wishes);
	const taken = portsTaken(plan, instance);
	const assigned: AssignedPort[] = [];
	const kept = plan.reserved?.[instance]?.ports ?? {};
	for (const wanted of entry.ports) {
		const { name, protocol, web } = wanted;
		const twin = twinOf(entry, wanted, assigned);
		const port = wishes[name] ?? twin ?? (await portFor(kit, wanted, kept[name], taken));
		taken.add(port);
		assigned.push({
			name,
			port,
			protocol,
			url: web === undefined ? null : webUrl(kit.address, port, web),
		});
	}
	return assigned;
}

/** Numbers that an app must have, by name. */
export const fixedPorts = ({ ports }: Pick<CatalogEntry, 'ports'>): Record<string, number> =>
	Object.fromEntries(ports.filter(({ fixed }) => fixed).map((port) => [port.name, port.default]));

type WantedPort = CatalogEntry['ports'][number];

/** A protocol that uses TCP and UDP has one number for both. */
function twinOf(
	{ ports }: CatalogEntry,
	{ default: usual, protocol }: WantedPort,
	assigned: readonly AssignedPort[],
): number | null {
	const twin = ports.find((port) => port.default === usual && port.protocol !== protocol);
	return assigned.find(({ name }) => name === twin?.name)?.port ?? null;
}

async function portFor(kit: HostKit, wanted: WantedPort, kept: number | undefined, taken: ReadonlySet<number>): Promise<number> {
	const { default: usual, protocol, local, fixed } = wanted;
	const first = kept ?? (kit.ports.usual || fixed ? usual : kit.ports.from);
	const range = fixed ? { from: usual, to: usual } : kit.ports;
	const port = await freePort(first, range, { bind: bindOf(local, kit.bind), protocol, taken });
	if (port !== null) return port;
	const words = fixed
		? `It needs port ${usual} and no other, which is in use on ${kit.host}.`
		: `${kit.host} has no free port between ${kit.ports.from} and ${kit.ports.to}.`;
	throw new CoveyError('PORT_IN_USE', words, { details: { port: usual, free: null } });
}

function portsTaken(plan: HostPlan, instance: string): Set<number> {
	return new Set(claimsOn(plan).flatMap((claim) => (claim.instance === instance ? [] : claim.ports)));
}
