// Answers about where apps would go, and where they had better be.
import { z } from 'zod';
import { needOf } from '../../actors/need.ts';
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { Catalog } from '../../catalog/load.ts';
import type { Near } from '../../catalog/nearness.ts';
import { appsOn } from '../../machines/host/apps-on.ts';
import { advise, type Resident } from '../../machines/placement/advise.ts';
import { type Candidate, nearPoints, rankHosts, sharesOf, type Weights } from '../../machines/placement/score.ts';
import { PLACEMENT_KEY, type PlacementSettings, WEIGHTS } from '../../machines/placement/weights.ts';
import { CoveyError } from '../engine/errors.ts';
import type { Documents } from '../engine/ports.ts';
import type { ActorRecord } from '../engine/record.ts';
import type { Answers } from './answers.ts';
import { AppUsage, type PlaceRow } from './plan-contract.ts';

export interface PlacingParts {
	catalog: Catalog;
	documents: Documents;
	records(): ActorRecord[];
	candidates(): Promise<Candidate[]>;
	weights(): Promise<Weights>;
	/** What the apps of a host use now. Rejects with HOST_UNREACHABLE. */
	usage(host: string): Promise<unknown>;
	/** Which hosts are near to what the app would be connected with, and why. */
	near(app: string): Near;
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
			const near = parts.near(app);
			const ranking = rankHosts(need, candidates, { pinned: null, avoid: [], instance: app, app, near }, weights);
			const hosts = ranking.map(({ host, score, reasons }): PlaceRow => {
				const candidate = byHost.get(host);
				return {
					host,
					score,
					reasons,
					points: candidate && score !== null ? { ...pointsOf(candidate, weights), near: nearPoints({ near }, host) } : null,
				};
			});
			return { app, hosts, weights };
		},
		async advice({ move, to }) {
			const [candidates, weights] = await Promise.all([parts.candidates(), parts.weights()]);
			const whatIf = move === undefined || to === undefined ? null : { instance: move, to };
			const residents = residentsOf(parts.records(), catalog, await usageOf(parts, candidates));
			return advise(candidates, residents, whatIf, weights);
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

function pointsOf(candidate: Candidate, weights: Weights): Weights {
	const shares = sharesOf(candidate);
	const all = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
	const points = { memory: 0, disk: 0, cpu: 0, load: 0, reliability: 0 };
	for (const name of Object.keys(points) as (keyof typeof points)[])
		points[name] = Math.round((1_000 * weights[name] * shares[name]) / all) / 10;
	return points;
}

/** By instance. A host that does not answer tells nothing: what its apps need stands for what they use. */
async function usageOf({ usage }: PlacingParts, candidates: readonly Candidate[]): Promise<Map<string, number>> {
	const online = candidates.filter(({ presence }) => presence === 'online');
	const answers = await Promise.all(online.map(({ facts }) => usage(facts.host).then(parseUsage, () => [])));
	const sums = new Map<string, number>();
	for (const { instance, memoryBytes } of answers.flat()) sums.set(instance, (sums.get(instance) ?? 0) + memoryBytes);
	return sums;
}

const parseUsage = (answer: unknown): AppUsage[] => z.array(AppUsage).parse(answer);

function residentsOf(records: readonly ActorRecord[], catalog: Catalog, used: ReadonlyMap<string, number>): Resident[] {
	return appsOn(records).flatMap(({ instance, app, host }) => {
		const entry = catalog.get(app);
		if (!entry) return [];
		const need = needOf(entry);
		return [{ instance, app, host, need, memoryBytes: used.get(instance) ?? need.memoryBytes, diskBytes: need.diskBytes }];
	});
}
