// What placement asks of this host: candidates, and what counts how much.
import type { HostKit } from '../../actors/kit.ts';
import { PLACEMENT_KEY, PlacementSettings, WEIGHTS } from '../../machines/placement/weights.ts';
import type { Clock, Documents } from '../engine/ports.ts';
import type { ActorRecord } from '../engine/record.ts';
import { type CandidateSources, candidatesOf, candidateWith } from './candidates.ts';
import { type KnownDocuments, knownDocuments } from './known-hosts.ts';

export interface PlacementParts {
	clock: Clock;
	documents: Documents;
	hosts: KnownDocuments;
	records(): ActorRecord[];
	presence: CandidateSources['presence'];
}

export function placementView(parts: PlacementParts): Pick<HostKit, 'candidates' | 'candidateWith' | 'weights'> {
	const { documents, hosts, records, presence } = parts;
	const plans = knownDocuments(parts.clock, documents, 'plans');
	return {
		async candidates(except) {
			const [facts, planned] = await Promise.all([hosts.list(), plans.list()]);
			return candidatesOf({ facts, plans: planned, records: records(), presence, except: except ?? null });
		},
		candidateWith: (candidate, plan, except) => candidateWith(candidate, plan, records(), except),
		async weights() {
			const stored = PlacementSettings.safeParse((await documents.read('config', PLACEMENT_KEY))?.value);
			return stored.success ? stored.data.weights : WEIGHTS;
		},
	};
}
