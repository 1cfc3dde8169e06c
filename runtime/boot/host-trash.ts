// The trash of this host, and the watch that lets it expire.
import { layout } from '../../actors/drivers/process/layout.ts';
import { openTrash, type Trash } from '../../actors/drivers/process/trash.ts';
import { toWire } from '../engine/errors.ts';
import type { HostLog } from '../host/log.ts';
import { realClock } from '../host/real-clock.ts';
import { watchTrash } from '../host/trash-watch.ts';

export function hostTrash(dataDir: string, log: HostLog): Trash & { stop(): void } {
	const failed = (thrown: unknown) => log.warn({ error: toWire(thrown) }, 'the trash was not emptied');
	const trash = openTrash(layout(dataDir), failed);
	const { stop } = watchTrash({
		clock: realClock,
		uptime: () => performance.now(),
		trash,
		onExpired: (ids) => log.info({ type: 'trashExpired', ids }),
		onFailure: failed,
	});
	return { ...trash, stop };
}
