// Frees the room of this host that was kept for installs that do not come: failed, removed, placed elsewhere, or never placed
// because the host that placed them died in the middle.
import type { HostPlan, Reservation } from '../../actors/drivers/plan.ts';
import { changePlan } from '../../actors/plans.ts';
import { withoutReservation } from '../../actors/reservations.ts';
import { InstallData, installRef } from '../../machines/install/contract.ts';
import type { Clock, Documents } from '../engine/ports.ts';
import type { ActorRecord, ActorRef } from '../engine/record.ts';
import { repeat } from '../engine/repeat.ts';

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
	onFailure(thrown: unknown): void;
}

export function watchReservations(parts: ReservationWatchParts): { look(): Promise<string[]>; stop(): void } {
	const { host, clock, documents } = parts;
	const look = async (): Promise<string[]> => {
		const freed: string[] = [];
		const { reserved = {}, apps } = await parts.readPlan();
		for (const [instance, reservation] of Object.entries(reserved)) {
			const record = instance in apps ? null : await parts.look(installRef(instance));
			if (rounds.stopped() || isWanted(record, reservation, host, clock.now())) continue;
			// One that was made again meanwhile has another time and stays.
			const plan = await changePlan(documents, host, (now) => withoutReservation(now, instance, reservation.at));
			if (plan.reserved?.[instance]) continue;
			parts.onFreed(instance);
			freed.push(instance);
		}
		return freed;
	};
	const rounds = repeat({ clock, everyMs: EVERY_MS, look, onFailure: parts.onFailure });
	return { look, stop: rounds.stop };
}

/** Pure. `record`: of the install as the leader knows it now, after the reservation was read. */
export function isWanted(record: ActorRecord | null, reservation: Reservation, host: string, now: number): boolean {
	if (!record || !ON_ITS_WAY.has(record.view.phase)) return false;
	const { data } = InstallData.safeParse(record.view.data);
	if (data?.host === host) return true;
	return record.view.phase === 'queued' && now - reservation.at < PLACING_MS;
}
