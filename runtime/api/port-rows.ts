// The ports of every host that apps have or are promised: their plans, read as the ledger they are.
import { HostPlan } from '../../actors/drivers/plan.ts';
import type { Documents } from '../engine/ports.ts';
import type { HostRow } from './contract.ts';
import { assertKnown } from './impact.ts';
import type { PortRow } from './plan-contract.ts';

/** Throws UNKNOWN_HOST; rejects with STORE_UNAVAILABLE. */
export async function portRows(
	host: string | undefined,
	{ documents, hosts }: { documents: Pick<Documents, 'list'>; hosts(): Promise<HostRow[]> },
): Promise<{ ports: PortRow[] }> {
	if (host !== undefined) assertKnown(host, await hosts());
	const plans = (await documents.list('plans')).flatMap(({ value }) => {
		const plan = HostPlan.safeParse(value);
		return plan.success && (host === undefined || plan.data.host === host) ? [plan.data] : [];
	});
	return { ports: plans.flatMap(rowsOf).sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : a.port - b.port)) };
}

function rowsOf({ host, apps, reserved = {} }: HostPlan): PortRow[] {
	const taken = Object.values(apps).flatMap(({ instance, app, ports }) =>
		ports.map(({ name, port, protocol }): PortRow => ({ host, port, protocol, instance, app, name, state: 'taken' })),
	);
	const promised = Object.entries(reserved)
		.filter(([instance]) => !(instance in apps))
		.flatMap(([instance, { app, ports }]) =>
			Object.entries(ports).map(
				([name, port]): PortRow => ({ host, port, protocol: null, instance, app, name, state: 'promised' }),
			),
		);
	return [...taken, ...promised];
}
