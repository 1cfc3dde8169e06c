// What placement knows of each host: its facts, and what its plan promises to apps that do not use it yet.
import { HostPlan } from '../../actors/drivers/plan.ts';
import { promisedOn } from '../../actors/reservations.ts';
import { addressOf } from '../../machines/host/address.ts';
import type { Presence } from '../../machines/host/contract.ts';
import { HostFacts } from '../../machines/host/contract.ts';
import { isGone, standingsOf } from '../../machines/host/standing.ts';
import type { Candidate } from '../../machines/placement/score.ts';
import type { ActorRecord } from '../engine/record.ts';

/** Phases in which an app uses what it uses: it shows in the facts of its host. */
const SETTLED = new Set(['running', 'updating', 'error', 'stopping', 'stopped', 'unreachable', 'removing']);
/** Facts measured this long after an app was healthy have it in them, ms. */
const SEEN_AFTER_MS = 5_000;

export interface CandidateSources {
	/** Values of the bucket `hosts`; unreadable ones (of a newer Covey) are left out. */
	facts: readonly unknown[];
	/** Values of the bucket `plans`. */
	plans: readonly unknown[];
	records: readonly ActorRecord[];
	presence(host: string): Presence;
	/** The instance that is looking for room: what it holds itself does not stand in its way. */
	except: string | null;
}

/** Pure. A host takes nothing new unless its actor says that it is an ordinary member; one that is gone is no candidate. */
export function candidatesOf({ facts: documents, plans, records, presence, except }: CandidateSources): Candidate[] {
	const standings = standingsOf(records);
	const byHost = new Map(plans.flatMap((plan) => parsePlan(plan)).map((plan) => [plan.host, plan]));
	const installs = installsOf(records);
	const candidates = documents.flatMap((document) => {
		const facts = HostFacts.safeParse(document);
		const standing = facts.success ? standings.get(facts.data.host) : undefined;
		if (!facts.success || (standing && isGone(standing))) return [];
		const cordoned = standing ? standing.phase !== 'member' : facts.data.cordoned;
		const { host } = facts.data;
		const bare = { facts: { ...facts.data, cordoned }, presence: presence(host), reservedMemory: 0, reservedDisk: 0 };
		return [promising(bare, byHost.get(host) ?? null, installs, except)];
	});
	return sharingPorts(candidates);
}

/** The same host with what `plan` promises now. `records` may be older than the plan: what is not known counts as promised. */
export function candidateWith(
	candidate: Candidate,
	plan: HostPlan,
	records: readonly ActorRecord[],
	except: string | null,
): Candidate {
	const ports = new Map([...(candidate.ports ?? [])]);
	const now = promising(candidate, plan, installsOf(records), except);
	return { ...now, ports: new Map([...ports, ...(now.ports ?? [])]) };
}

type Installs = ReadonlyMap<string, { phase: string; since: number }>;

const installsOf = (records: readonly ActorRecord[]): Installs =>
	new Map(records.filter(({ kind }) => kind === 'install').map(({ id, view }) => [id, { phase: view.phase, since: view.since }]));

function promising(candidate: Candidate, plan: HostPlan | null, installs: Installs, except: string | null): Candidate {
	if (!plan) return candidate;
	const { at } = candidate.facts;
	const isInFacts = (instance: string) => {
		const install = installs.get(instance);
		return install !== undefined && SETTLED.has(install.phase) && install.since + SEEN_AFTER_MS <= at;
	};
	const { memory, disk, ports } = promisedOn(plan, isInFacts, except);
	return { ...candidate, reservedMemory: memory, reservedDisk: disk, ports };
}

function parsePlan(value: unknown): HostPlan[] {
	const plan = HostPlan.safeParse(value);
	return plan.success ? [plan.data] : [];
}

/** Hosts on one address share its ports. */
function sharingPorts(candidates: readonly Candidate[]): Candidate[] {
	const byAddress = new Map<string, Map<number, string>>();
	for (const { facts, ports } of candidates) {
		const all = byAddress.get(addressOf(facts)) ?? new Map<number, string>();
		for (const [port, by] of ports ?? []) all.set(port, by);
		byAddress.set(addressOf(facts), all);
	}
	return candidates.map((candidate) => ({ ...candidate, ports: byAddress.get(addressOf(candidate.facts)) ?? new Map() }));
}
