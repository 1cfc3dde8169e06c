// Plans from what this host knows: the catalog, the records, the hosts' facts and plans.

import { z } from 'zod';
import { installedOf } from '../../actors/installed.ts';
import { needOf } from '../../actors/need.ts';
import { describeInstall, describeRemoval, essenceOf } from '../../catalog/describe-plan.ts';
import type { Facets } from '../../catalog/facets.ts';
import { differencesFrom } from '../../catalog/fingerprint.ts';
import type { Graph } from '../../catalog/graph.ts';
import type { Installed, InstallPlan, PlanHost } from '../../catalog/install-plan.ts';
import type { Catalog } from '../../catalog/load.ts';
import { nearest } from '../../catalog/nearest.ts';
import { type Near, nearHosts } from '../../catalog/nearness.ts';
import { type Place, type PlanRequest, planInstall } from '../../catalog/plan.ts';
import { planRemoval } from '../../catalog/remove-plan.ts';
import { addressOf } from '../../machines/host/address.ts';
import { type Candidate, rankHosts, type Weights } from '../../machines/placement/score.ts';
import { CoveyError } from '../engine/errors.ts';
import type { ActorRecord } from '../engine/record.ts';
import type { Answers } from './answers.ts';
import { assertKnown } from './impact.ts';
import type { PlanInstall } from './plan-contract.ts';

export interface PlanningParts {
	catalog: Catalog;
	graph(): Graph;
	records(): ActorRecord[];
	candidates(): Promise<Candidate[]>;
	weights(): Promise<Weights>;
	/** Ports among these that programs of that host have open. */
	busyPorts(host: string, ports: { port: number; protocol: 'tcp' | 'udp' }[]): Promise<unknown>;
}

export interface Planning {
	answers: Pick<Answers, 'plan.install' | 'plan.remove'>;
	/** Throws UNKNOWN_APP, UNKNOWN_HOST, and what the plan refuses. */
	plan(request: PlanInstall): Promise<InstallPlan>;
	/** Nothing is to be said about the app beside where it goes: it uses no other. */
	isPlain(app: string): boolean;
	/** Any host could run it, and it has ports of these names. Whether they are free is another question. */
	isAtHome(app: string, ports: readonly string[]): boolean;
	/** Which hosts are near to what the app would be connected with, and why. */
	near(app: string): Near;
}

export function planningOf(parts: PlanningParts): Planning {
	async function plan(request: PlanInstall): Promise<InstallPlan> {
		const graph = parts.graph();
		assertApp(graph, request.app);
		const [candidates, weights] = await Promise.all([parts.candidates(), parts.weights()]);
		if (request.host !== undefined)
			assertKnown(
				request.host,
				candidates.map(({ facts }) => facts),
			);
		const installed = installedOf(parts.records());
		const place = placeBy(parts.catalog, candidates, weights);
		const busy = new Map<string, { port: number; by: string }[]>();
		for (;;) {
			const hosts = candidates.map((candidate) => planHost(candidate, busy.get(candidate.facts.host) ?? []));
			const outcome = planInstall(requestOf(request), { graph, installed, hosts, place });
			if (outcome.status === 'refused') {
				const { code, message, details } = outcome.refusal;
				throw new CoveyError(code, message, { details });
			}
			if (!(await findBusy(parts, outcome.plan, busy))) return outcome.plan;
		}
	}

	return {
		plan,
		near: (app) => {
			const graph = parts.graph();
			const facets = graph.get(app);
			return facets ? nearHosts(facets, graph, installedOf(parts.records())) : new Map();
		},
		isPlain: (app) => {
			const facets = parts.graph().get(app);
			return (
				facets !== undefined && [facets.integrations, facets.databases, facets.ownDatabases].every(({ length }) => length === 0)
			);
		},
		isAtHome: (app, ports) => {
			const facets = parts.graph().get(app);
			return facets !== undefined && facets.drivers.includes('process') && ports.every((name) => hasPort(facets, name));
		},
		answers: {
			async 'plan.install'(request) {
				const made = await plan(request);
				const changed = request.plan === undefined ? [] : differencesFrom(request.plan, made);
				return { plan: made, words: describeInstall(made), essence: essenceOf(made), changed };
			},
			async 'plan.remove'({ name, deleteData }) {
				const installed = installedOf(parts.records());
				const made = planRemoval(name, deleteData, { graph: parts.graph(), installed });
				if (!made) throw unknownInstance(name, installed);
				return { plan: made, words: describeRemoval(made) };
			},
		},
	};
}

const hasPort = ({ ports }: Facets, wanted: string): boolean => ports.some(({ name }) => name === wanted);

function requestOf({ app, name, host, ports, with: partners, recommended, dedicated, fresh, plan }: PlanInstall): PlanRequest {
	return {
		app,
		instance: name ?? null,
		host: host ?? null,
		ports: ports ?? {},
		with: partners ?? [],
		recommended: recommended ?? false,
		dedicated: dedicated ?? [],
		fresh: fresh ?? false,
		accepted: plan ?? null,
	};
}

/** True when a port of the plan turned out to be busy: plan again without it. A port that was wished is refused by the next plan. */
async function findBusy(
	parts: PlanningParts,
	{ steps }: InstallPlan,
	busy: Map<string, { port: number; by: string }[]>,
): Promise<boolean> {
	const found = await Promise.all(
		steps.map(async ({ host, ports }) => ({
			host,
			// A host that does not answer now looks at its ports again before anything is done.
			ports: ports.length > 0 ? await parts.busyPorts(host, ports).then(numbers, () => []) : [],
		})),
	);
	const fresh = found.filter(({ ports }) => ports.length > 0);
	for (const { host, ports } of fresh)
		busy.set(host, [...(busy.get(host) ?? []), ...ports.map((port) => ({ port, by: 'another program' }))]);
	return fresh.length > 0;
}

const numbers = (answer: unknown): number[] => z.array(z.number().int()).parse(answer);

const USUAL_RANGE = { from: 20_000, to: 20_999, usual: true };

const planHost = ({ facts, ports }: Candidate, busy: readonly { port: number; by: string }[]): PlanHost => ({
	host: facts.host,
	address: addressOf(facts),
	range: facts.appPorts ?? USUAL_RANGE,
	taken: [...[...(ports ?? [])].map(([port, by]) => ({ port, by })), ...busy],
});

function placeBy(catalog: Catalog, candidates: readonly Candidate[], weights: Weights): Place {
	return ({ app, instance, pinned, preferred, fresh, ports, promised, extraMemory, near }) => {
		const entry = catalog.get(app.name);
		if (!entry) return [];
		const then = candidates.map((candidate) => {
			const taken = promised.get(candidate.facts.host);
			return taken
				? {
						...candidate,
						reservedMemory: candidate.reservedMemory + taken.memory,
						reservedDisk: candidate.reservedDisk + taken.disk,
					}
				: candidate;
		});
		const ranking = rankHosts(
			{ ...needOf(entry), ports },
			then,
			{ pinned, avoid: [], instance, app: app.name, fresh, preferred, near, extraMemory },
			weights,
		);
		return ranking.map(({ host, score, reasons }) => ({ host, score, reasons }));
	};
}

function assertApp(graph: Graph, app: string): Facets {
	const facets = graph.get(app);
	if (facets) return facets;
	const near = nearest(
		app,
		graph.all().map(({ name }) => name),
	);
	const hint = near.length > 0 ? `; near to it: ${near.join(', ')}` : '';
	throw new CoveyError('UNKNOWN_APP', `There is no app called ${app} in the catalog${hint}.`, { details: { nearest: near } });
}

function unknownInstance(name: string, installed: readonly Installed[]): CoveyError {
	const near = nearest(
		name,
		installed.map(({ instance }) => instance),
	);
	const hint = near.length > 0 ? `; near to it: ${near.join(', ')}` : '';
	return new CoveyError('UNKNOWN_ACTOR', `There is no installed app called ${name}${hint}.`, { details: { nearest: near } });
}
