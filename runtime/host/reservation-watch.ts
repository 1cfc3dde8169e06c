// Frees the room of this host that was kept for installs that do not come: failed, removed, placed elsewhere, or never placed
// because the host that placed them died in the middle.
import type { HostPlan, Reservation } from '../../actors/drivers/plan.ts';
import { changePlan } from '../../actors/plans.ts';
import { withoutReservation } from '../../actors/reservations.ts';
import { InstallData, installRef } from '../../machines/install/contract.ts';
import type { Clock, Documents } from '../engine/ports.ts';
import type { ActorRecord, ActorRef } from '../engine/record.ts';

const EVERY_MS = 5_000;
/** Longer than placing may take: until then the host that places it may still say where it goes. */
const PLACING_MS = 180_000;
/** Phases with the app on its way to the host that its record names. */
const ON_ITS_WAY = new Set(['queued', 'validating', 'configuring', 'building', 'starting']);

export interface ReservationWatchParts {
	host: string;
	clock: Clock;
	documents: Documents;
	/** Leader read; rejects while there is no leader. */
	look(ref: ActorRef): Promise<ActorRecord | null>;
	readPlan(): Promise<HostPlan>;
	onFreed(instance: string): void;
}

export function watchReservations(parts: ReservationWatchParts): { look(): Promise<string[]>; stop(): void } {
	let stopped = false;
	let next = () => {};
	const look = async (): Promise<string[]> => {
		const freed: string[] = [];
		try {
			const { reserved = {}, apps } = await parts.readPlan();
			for (const [instance, reservation] of Object.entries(reserved)) {
				const record = instance in apps ? null : await parts.look(installRef(instance));
				if (stopped || isWanted(record, reservation, parts.host, parts.clock.now())) continue;
				// One that was made again meanwhile has another time and stays.
				const plan = await changePlan(parts.documents, parts.host, (now) => withoutReservation(now, instance, reservation.at));
				if (plan.reserved?.[instance]) continue;
				parts.onFreed(instance);
				freed.push(instance);
			}
		} catch {
			// Nothing can be promised either while the store does not answer; the next look goes on.
		}
		return freed;
	};
	const round = async (): Promise<void> => {
		await look();
		if (!stopped) next = parts.clock.after(EVERY_MS, () => void round());
	};
	next = parts.clock.after(EVERY_MS, () => void round());
	return {
		look,
		stop: () => {
			stopped = true;
			next();
		},
	};
}

/** Pure. `record`: of the install as the leader knows it now, after the reservation was read. */
export function isWanted(record: ActorRecord | null, reservation: Reservation, host: string, now: number): boolean {
	if (!record || !ON_ITS_WAY.has(record.view.phase)) return false;
	const { data } = InstallData.safeParse(record.view.data);
	if (data?.host === host) return true;
	return record.view.phase === 'queued' && now - reservation.at < PLACING_MS;
}
