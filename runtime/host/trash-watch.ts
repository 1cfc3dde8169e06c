// Looks every hour whether something in the trash of this host has expired.
import type { Trash } from '../../actors/drivers/process/trash.ts';
import type { Clock } from '../engine/ports.ts';
import { repeat } from '../engine/repeat.ts';

const EVERY_MS = 3_600_000;
const FIRST_MS = 60_000;

export interface TrashWatchParts {
	clock: Clock;
	/** ms on a clock that never jumps. */
	uptime(): number;
	trash: Pick<Trash, 'sweep'>;
	onExpired(ids: string[]): void;
	onFailure(thrown: unknown): void;
}

export function watchTrash({ clock, uptime, trash, onExpired, onFailure }: TrashWatchParts): { stop(): void } {
	return repeat({
		clock,
		everyMs: EVERY_MS,
		firstMs: FIRST_MS,
		onFailure,
		async look() {
			const gone = await trash.sweep(clock.now(), uptime());
			if (gone.length > 0) onExpired(gone);
		},
	});
}
