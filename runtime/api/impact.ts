// What happens if a host dies, from what the answering host knows.
import { needOf } from '../../actors/need.ts';
import type { Catalog } from '../../catalog/load.ts';
import { nearest } from '../../catalog/nearest.ts';
import { appsOn } from '../../machines/host/apps-on.ts';
import { impactOf } from '../../machines/host/impact.ts';
import { type Candidate, rankHosts, type Weights } from '../../machines/placement/score.ts';
import { CoveyError } from '../engine/errors.ts';
import type { ActorRecord } from '../engine/record.ts';
import type { HostRow, Impact } from './contract.ts';

export interface ImpactParts {
	hosts: readonly HostRow[];
	records: readonly ActorRecord[];
	candidates: readonly Candidate[];
	weights: Weights;
	catalog: Pick<Catalog, 'get'>;
}

/** Throws UNKNOWN_HOST with the nearest names. */
export function answerImpact(host: string, { hosts, records, candidates, weights, catalog }: ImpactParts): Impact {
	assertKnown(host, hosts);
	return impactOf({
		host,
		hosts,
		apps: appsOn(records),
		placeElsewhere: ({ app, instance }) => {
			const entry = catalog.get(app);
			const best = entry && rankHosts(needOf(entry), candidates, { pinned: null, avoid: [host], instance }, weights)[0];
			return best && best.score !== null ? best.host : null;
		},
	});
}

export function assertKnown(host: string, hosts: readonly Pick<HostRow, 'host'>[]): void {
	const names = hosts.map((row) => row.host);
	if (names.includes(host)) return;
	const near = nearest(host, names);
	const hint = near.length > 0 ? `; near to it: ${near.join(', ')}` : '';
	throw new CoveyError('UNKNOWN_HOST', `There is no host called ${host}${hint}.`, { details: { nearest: near, hosts: names } });
}
