// Installs that were made for another: whose they are, and waiting for one of them.
import { setTimeout as pause } from 'node:timers/promises';
import { installRef, type PartOf } from '../machines/install/contract.ts';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { ActorRecord } from '../runtime/engine/record.ts';
import type { HostKit } from './kit.ts';

const LOOK_EVERY_MS = 500;

/** Whether that try of that install made it. */
export function isMadeFor(record: ActorRecord, { instance, since }: PartOf): boolean {
	const context = record.snap.context as { partOf?: PartOf | null } | undefined;
	return context?.partOf?.instance === instance && context.partOf.since === since;
}

/** Resolves once `fits` says so of the record as the leader has it; rejects with what `fits` throws. Bounded by the effect's limit. */
export async function whenSeen(
	kit: Pick<HostKit, 'look'>,
	instance: string,
	{ signal }: { signal: AbortSignal },
	fits: (record: ActorRecord | null) => boolean | Promise<boolean>,
): Promise<void> {
	for (;;) {
		signal.throwIfAborted();
		const seen = await kit.look(installRef(instance)).then(
			(record) => ({ record }),
			(thrown: unknown) => {
				// A new leader is chosen; the next look goes on.
				if (thrown instanceof CoveyError && thrown.code === 'STORE_UNAVAILABLE') return null;
				throw thrown;
			},
		);
		if (seen && (await fits(seen.record))) return;
		await pause(LOOK_EVERY_MS, undefined, { signal });
	}
}
