// Writes this host's facts into the bucket `hosts` every few seconds.
import type { HostFacts } from '../../machines/host/contract.ts';
import type { Clock, Documents } from '../engine/ports.ts';
import type { Json } from '../engine/record.ts';
import { repeat } from '../engine/repeat.ts';

const EVERY_MS = 5_000;

export interface FactsPublisher {
	stop(): void;
}

/** Resolves after the first write, or when the store refused it: others then see this host late, not wrong. */
export async function publishFacts(
	clock: Clock,
	documents: Documents,
	host: string,
	measure: () => Promise<HostFacts>,
	onFailure: (thrown: unknown) => void,
): Promise<FactsPublisher> {
	let revision: number | null = null;
	const write = async (): Promise<void> => {
		try {
			const facts = (await measure()) as unknown as Json;
			revision ??= (await documents.read('hosts', host))?.revision ?? 0;
			const outcome = await documents.put('hosts', host, facts, revision);
			// Only this host writes its document; a conflict means that an earlier life's last write came late.
			revision = outcome.status === 'committed' ? outcome.revision : null;
		} catch (thrown) {
			revision = null;
			throw thrown;
		}
	};
	await write().catch(onFailure);
	return repeat({ clock, everyMs: EVERY_MS, look: write, onFailure });
}
