// A host that was away while its vote was taken hears of it when it is back. Its own server may be cut off from the cluster by
// then, since the voters take no routes from it any more: so it asks a voter directly.
import type { Clock } from '../engine/ports.ts';
import { repeat } from '../engine/repeat.ts';

export interface RoleWatchParts {
	clock: Clock;
	/** Reads the own member document and obeys it; resolves with the new installation, null when nothing was to be done. */
	obey(): Promise<number | null>;
	/** The same, the document read over a connection to another host. */
	obeyThroughOthers(): Promise<number | null>;
	/** Since when the store has answered nothing, ms; null while it does. */
	lostSince(): number | null;
	onObeyed(install: number): void;
	onFailure(thrown: unknown): void;
}

const EVERY_MS = 15_000;
/** Elections are over by then. */
const PATIENCE_MS = 15_000;

export function watchRole({ clock, lostSince, ...parts }: RoleWatchParts): { stop(): void } {
	return repeat({
		clock,
		everyMs: EVERY_MS,
		onFailure: parts.onFailure,
		async look() {
			const since = lostSince();
			const isCutOff = since !== null && clock.now() - since >= PATIENCE_MS;
			const install = await (isCutOff ? parts.obeyThroughOthers() : parts.obey());
			if (install !== null) parts.onObeyed(install);
		},
	});
}
