// Room and ports that a plan promises to apps on their way. Pure.
//
// The plan is the ledger: apps and reservations of a host are one document under one compare-and-set, so two installs cannot be
// promised the same thing, whichever hosts place them, and nothing has to be kept in step with anything else.
import type { HostPlan, Reservation } from './drivers/plan.ts';

/** What an instance holds on a host, whether it is only reserved or in the plan already. */
export interface Claim {
	instance: string;
	memoryBytes: number;
	diskBytes: number;
	ports: number[];
}

export function claimsOn(plan: HostPlan): Claim[] {
	const claims: Claim[] = Object.values(plan.apps).map(({ instance, memoryBytes, diskBytes, ports }) => ({
		instance,
		memoryBytes,
		diskBytes,
		ports: ports.map(({ port }) => port),
	}));
	for (const [instance, { memoryBytes, diskBytes, ports }] of Object.entries(plan.reserved ?? {}))
		if (!(instance in plan.apps)) claims.push({ instance, memoryBytes, diskBytes, ports: Object.values(ports) });
	return claims;
}

export interface Promised {
	/** Bytes. */
	memory: number;
	disk: number;
	/** Who has which port. */
	ports: ReadonlyMap<number, string>;
}

/** What is promised to others than `except`. `isInFacts`: what it takes is seen in the host's facts, so it is not counted again. */
export function promisedOn(plan: HostPlan, isInFacts: (instance: string) => boolean, except: string | null): Promised {
	const ports = new Map<number, string>();
	let memory = 0;
	let disk = 0;
	for (const claim of claimsOn(plan)) {
		if (claim.instance === except) continue;
		for (const port of claim.ports) ports.set(port, claim.instance);
		if (isInFacts(claim.instance)) continue;
		memory += claim.memoryBytes;
		disk += claim.diskBytes;
	}
	return { memory, disk, ports };
}

export const withReservation = (plan: HostPlan, instance: string, reservation: Reservation): HostPlan => ({
	...plan,
	reserved: { ...plan.reserved, [instance]: reservation },
});

/** Given `at`, only the reservation made then. The plan itself when there is none. */
export function withoutReservation(plan: HostPlan, instance: string, at?: number): HostPlan {
	const reservation = plan.reserved?.[instance];
	if (!reservation || (at !== undefined && reservation.at !== at)) return plan;
	const { [instance]: _released, ...rest } = plan.reserved ?? {};
	const { reserved: _all, ...others } = plan;
	return Object.keys(rest).length > 0 ? { ...others, reserved: rest } : others;
}
