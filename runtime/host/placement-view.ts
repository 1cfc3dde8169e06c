// What placement asks of this host: candidates, and what counts how much.
import type { HostKit } from '../../actors/kit.ts';
import { PLACEMENT_KEY, PlacementSettings, WEIGHTS, type Weights } from '../../machines/placement/weights.ts';
import type { Clock, Documents } from '../engine/ports.ts';
import type { ActorRecord } from '../engine/record.ts';
import { type CandidateSources, candidatesOf, candidateWith } from './candidates.ts';
import { type KnownDocuments, knownDocuments } from './known-hosts.ts';
import { within } from './waiting.ts';

const LIMIT_MS = 2_000;

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
	let latest: Weights = WEIGHTS;
	return {
		async candidates(except) {
			const [facts, planned] = await Promise.all([hosts.list(), plans.list()]);
			return candidatesOf({ facts, plans: planned, records: records(), presence, except: except ?? null });
		},
		candidateWith: (candidate, plan, except) => candidateWith(candidate, plan, records(), except),
		async weights() {
			const answer = await within(parts.clock, LIMIT_MS, documents.read('config', PLACEMENT_KEY));
			if (answer.status !== 'ok') return latest;
			const stored = PlacementSettings.safeParse(answer.value?.value);
			latest = stored.success ? stored.data.weights : WEIGHTS;
			return latest;
		},
	};
}
