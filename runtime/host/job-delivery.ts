// Telling owners what came of their jobs: repeated until the owner says that it knows, nobody wants it any more, or a
// day is over. The journal holds the result meanwhile, so a restart goes on with it.
import type { Clock, JobCompletion, Rng } from '../engine/ports.ts';
import type { Claim } from './job-contract.ts';
import { pushBackoffMs, resultOf } from './job-policy.ts';
import type { JobRow } from './journal.ts';
import { pause, within } from './waiting.ts';

const GIVE_UP_MS = 24 * 3_600_000;
const ANSWER_MS = 10_000;
/** After so many failed tries the record is asked who the owner is. */
const ASK_EVERY = 3;

export type DeliveryEnd = 'delivered' | 'superseded' | 'givenUp';

export interface DeliveryParts {
	clock: Clock;
	rng: Rng;
	push(message: { owner: string; completion: JobCompletion }): Promise<boolean>;
	/** Leader read: who wants this job, or null for nobody. Rejects while the store is unavailable. */
	wanted(row: JobRow): Promise<Claim>;
	/** The row is `acked` in it. */
	onEnd(row: JobRow, how: DeliveryEnd): void;
}

export interface Delivery {
	/** Starts, or tells the row's present owner at once. */
	deliver(row: JobRow): void;
	drop(key: string): void;
	/** Keys not yet delivered. */
	pending(): string[];
	stop(): void;
}

interface Parcel {
	row: JobRow;
	dropped: boolean;
	wake: AbortController;
}

export function createDelivery(parts: DeliveryParts): Delivery {
	const { clock } = parts;
	const parcels = new Map<string, Parcel>();

	async function run(parcel: Parcel): Promise<void> {
		for (let tries = 1; !parcel.dropped; tries++) {
			const { actor, key, token, owner } = parcel.row;
			const completion = { actor, key, token, result: resultOf(parcel.row) };
			const pushed = await within(clock, ANSWER_MS, parts.push({ owner, completion }));
			if (parcel.dropped) return;
			if (pushed.status === 'ok' && pushed.value) return end(parcel, 'delivered');
			if (clock.now() - (parcel.row.ended ?? 0) > GIVE_UP_MS) return end(parcel, 'givenUp');
			if (tries % ASK_EVERY === 0 && (await isSuperseded(parcel))) return end(parcel, 'superseded');
			await pause(clock, pushBackoffMs(tries - 1, parts.rng), parcel.wake.signal);
			if (parcel.wake.signal.aborted) parcel.wake = new AbortController();
		}
	}

	async function isSuperseded(parcel: Parcel): Promise<boolean> {
		const asked = await within(clock, ANSWER_MS, parts.wanted(parcel.row));
		if (parcel.dropped || asked.status !== 'ok') return false;
		if (!asked.value) return true;
		if (asked.value.epoch >= parcel.row.epoch) parcel.row = { ...parcel.row, ...asked.value };
		return false;
	}

	function end(parcel: Parcel, how: DeliveryEnd): void {
		drop(parcel.row.key);
		parts.onEnd({ ...parcel.row, acked: true }, how);
	}

	function drop(key: string): void {
		const parcel = parcels.get(key);
		if (!parcel) return;
		parcel.dropped = true;
		parcel.wake.abort();
		parcels.delete(key);
	}

	return {
		deliver(row) {
			const known = parcels.get(row.key);
			if (known) {
				known.row = row;
				known.wake.abort();
				return;
			}
			const parcel = { row, dropped: false, wake: new AbortController() };
			parcels.set(row.key, parcel);
			void run(parcel);
		},
		drop,
		pending: () => [...parcels.keys()],
		stop() {
			for (const key of [...parcels.keys()]) drop(key);
		},
	};
}
