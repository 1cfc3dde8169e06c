// What placement knows of each host: its facts, and what is promised to apps that are still on their way.
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { Presence } from '../../machines/host/contract.ts';
import { HostFacts } from '../../machines/host/contract.ts';
import { isGone, standingsOf } from '../../machines/host/standing.ts';
import { InstallData } from '../../machines/install/contract.ts';
import type { Candidate } from '../../machines/placement/score.ts';
import type { ActorRecord } from '../engine/record.ts';

const ON_ITS_WAY = new Set(['validating', 'configuring', 'building', 'starting']);

/**
 * Pure. `documents` are the values of the bucket `hosts`; unreadable ones (of a newer Covey) are left out. A host takes nothing new
 * unless its actor says that it is an ordinary member; one that is gone is no candidate.
 */
export function candidatesOf(
	documents: readonly unknown[],
	records: readonly ActorRecord[],
	entry: (app: string) => CatalogEntry | undefined,
	presence: (host: string) => Presence,
): Candidate[] {
	const promised = new Map<string, { memory: number; disk: number }>();
	for (const { kind, view } of records) {
		if (kind !== 'install' || !ON_ITS_WAY.has(view.phase)) continue;
		const data = InstallData.safeParse(view.data);
		const needs = data.success ? entry(data.data.app)?.resources : undefined;
		if (!data.success || !data.data.host || !needs) continue;
		const sum = promised.get(data.data.host) ?? { memory: 0, disk: 0 };
		promised.set(data.data.host, { memory: sum.memory + needs.memory.min, disk: sum.disk + needs.disk.min });
	}
	const standings = standingsOf(records);
	return documents.flatMap((document) => {
		const facts = HostFacts.safeParse(document);
		const standing = facts.success ? standings.get(facts.data.host) : undefined;
		if (!facts.success || (standing && isGone(standing))) return [];
		const { memory = 0, disk = 0 } = promised.get(facts.data.host) ?? {};
		const cordoned = standing ? standing.phase !== 'member' : facts.data.cordoned;
		return [
			{ facts: { ...facts.data, cordoned }, presence: presence(facts.data.host), reservedMemory: memory, reservedDisk: disk },
		];
	});
}
