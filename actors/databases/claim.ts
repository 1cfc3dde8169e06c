// A place on a database server, promised in the plan of its host: while somebody has one the server is not removed, and no two apps
// get the same number of a Redis.
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { HostPlan, Reservation } from '../drivers/plan.ts';
import type { HostKit } from '../kit.ts';
import { changePlan } from '../plans.ts';
import { withReservation } from '../reservations.ts';
import { REDIS_DATABASES } from './redis.ts';

type Claim = NonNullable<Reservation['databases']>[number];

/** Throws UNKNOWN_ACTOR when nothing is kept for the instance on this host: its install was taken back meanwhile. */
export async function claimServers(kit: HostKit, instance: string, servers: readonly string[]): Promise<void> {
	await changePlan(kit.documents, kit.host, (plan) => {
		if (instance in plan.apps) return plan;
		const reservation = reservationOf(plan, instance, kit.host);
		const claimed = reservation.databases ?? [];
		const missing = servers.filter((server) => !claimed.some((one) => one.server === server));
		if (missing.length === 0) return plan;
		const databases = [...claimed, ...missing.map((server): Claim => ({ server, number: null }))];
		return withReservation(plan, instance, { ...reservation, databases });
	});
}

/** The number it had (`before`) while that is free, else the lowest that is promised to nobody and has no keys (`inUse`). */
export async function claimNumber(
	kit: HostKit,
	instance: string,
	server: string,
	before: string | null,
	inUse: ReadonlySet<string>,
): Promise<string> {
	let chosen = '';
	await changePlan(kit.documents, kit.host, (plan) => {
		const planned = plan.apps[instance]?.databases?.find((one) => one.server === server)?.database;
		if (planned !== undefined) {
			chosen = planned;
			return plan;
		}
		const reservation = reservationOf(plan, instance, kit.host);
		const claims = reservation.databases ?? [];
		chosen = claims.find((one) => one.server === server)?.number ?? freeNumber(plan, instance, server, before, inUse);
		const databases = [...claims.filter((one) => one.server !== server), { server, number: chosen }];
		return withReservation(plan, instance, { ...reservation, databases });
	});
	return chosen;
}

function freeNumber(plan: HostPlan, instance: string, server: string, before: string | null, inUse: ReadonlySet<string>): string {
	const taken = takenByOthers(plan, instance, server);
	if (before !== null && !taken.has(before)) return before;
	const free = Array.from({ length: REDIS_DATABASES }, (_, index) => String(index)).find(
		(one) => !taken.has(one) && !inUse.has(one),
	);
	if (free !== undefined) return free;
	throw new CoveyError('NO_SUITABLE_HOST', `All ${REDIS_DATABASES} numbers of ${server} are in use.`, { details: { server } });
}

function takenByOthers({ apps, reserved = {} }: HostPlan, instance: string, server: string): ReadonlySet<string> {
	const used = Object.values(apps)
		.filter((app) => app.instance !== instance)
		.flatMap(({ databases = [] }) => databases.map((one) => ({ server: one.server, number: one.database })));
	const promised = Object.entries(reserved)
		.filter(([other]) => other !== instance)
		.flatMap(([, { databases = [] }]) => databases);
	return new Set([...used, ...promised].flatMap((one) => (one.server === server && one.number !== null ? [one.number] : [])));
}

function reservationOf(plan: HostPlan, instance: string, host: string): Reservation {
	const reservation = plan.reserved?.[instance];
	if (reservation) return reservation;
	throw new CoveyError('UNKNOWN_ACTOR', `Nothing is kept for ${instance} on ${host} any more.`);
}
