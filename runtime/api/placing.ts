// Answers about where apps would go, and where they had better be.
import { needOf } from '../../actors/need.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { Catalog } from '../../catalog/load.ts';
import { appsOn } from '../../machines/host/apps-on.ts';
import { advise, type Resident } from '../../machines/placement/advise.ts';
import { type Candidate, rankHosts, sharesOf, type Weights } from '../../machines/placement/score.ts';
import { PLACEMENT_KEY, type PlacementSettings, WEIGHTS } from '../../machines/placement/weights.ts';
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import type { ActorRecord } from '../engine/record.ts';
import type { Answers } from './answers.ts';
import type { PlaceRow } from './plan-contract.ts';

export interface PlacingParts {
	catalog: Catalog;
	documents: Documents;
	records(): ActorRecord[];
	candidates(): Promise<Candidate[]>;
	weights(): Promise<Weights>;
	/** Throws UNKNOWN_APP. */
	entry(app: string): CatalogEntry;
}

export function placingOf(parts: PlacingParts): Pick<Answers, 'place' | 'advice' | 'placement' | 'placement.set'> {
	const { catalog, documents } = parts;
	return {
		async place({ app }) {
			const need = needOf(parts.entry(app));
			const [candidates, weights] = await Promise.all([parts.candidates(), parts.weights()]);
			const byHost = new Map(candidates.map((candidate) => [candidate.facts.host, candidate]));
			const ranking = rankHosts(need, candidates, { pinned: null, avoid: [], instance: app }, weights);
			const hosts = ranking.map(({ host, score, reasons }): PlaceRow => {
				const candidate = byHost.get(host);
				return { host, score, reasons, points: candidate && score !== null ? pointsOf(candidate, weights) : null };
			});
			return { app, hosts, weights };
		},
		async advice({ move, to }) {
			const [candidates, weights] = await Promise.all([parts.candidates(), parts.weights()]);
			const whatIf = move === undefined || to === undefined ? null : { instance: move, to };
			return advise(candidates, residentsOf(parts.records(), catalog), whatIf, weights);
		},
		async placement() {
			return { weights: await parts.weights(), usual: WEIGHTS };
		},
		async 'placement.set'({ weights }) {
			const next: PlacementSettings = { schema: 1, weights: weights ?? WEIGHTS };
			const stored = await documents.read('config', PLACEMENT_KEY);
			const outcome = await documents.put('config', PLACEMENT_KEY, next as never, stored?.revision ?? 0);
			if (outcome.status === 'conflict')
				throw new CoveyError('STORE_UNAVAILABLE', 'Somebody else changed the weights at the same moment.');
			return { weights: next.weights };
		},
	};
}

function pointsOf(candidate: Candidate, weights: Weights): NonNullable<PlaceRow['points']> {
	const shares = sharesOf(candidate);
	const all = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
	const points = { memory: 0, disk: 0, cpu: 0, load: 0, reliability: 0 };
	for (const name of Object.keys(points) as (keyof typeof points)[])
		points[name] = Math.round((1_000 * weights[name] * shares[name]) / all) / 10;
	return points;
}

/** What an app uses is not measured per app here: it is counted as what it needs. */
function residentsOf(records: readonly ActorRecord[], catalog: Catalog): Resident[] {
	return appsOn(records).flatMap(({ instance, app, host }) => {
		const entry = catalog.get(app);
		if (!entry) return [];
		const need = needOf(entry);
		return [{ instance, app, host, need, memoryBytes: need.memoryBytes, diskBytes: need.diskBytes }];
	});
}
