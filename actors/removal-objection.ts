// What stands against removing an app, wherever the command comes from: installed apps require it, or have their databases on it.
import type { Graph } from '../catalog/graph.ts';
import type { RemovePlan } from '../catalog/install-plan.ts';
import { planRemoval, removalBlocked } from '../catalog/remove-plan.ts';
import { installRef } from '../machines/install/contract.ts';
import type { CoveyError } from '../runtime/engine/errors.ts';
import type { Command } from '../runtime/engine/ports.ts';
import { type ActorRecord, refText } from '../runtime/engine/record.ts';
import { installedOf } from './installed.ts';
import type { HostKit } from './kit.ts';

export type ObjectionParts = Pick<HostKit, 'records' | 'look'> & { graph(): Graph };

/** REMOVAL_BLOCKED, unless the command says `force`. Rejects with STORE_UNAVAILABLE. */
export async function objectionToRemoval(
	parts: ObjectionParts,
	{ kind, id }: ActorRecord,
	command: Command,
): Promise<CoveyError | null> {
	if (kind !== 'install' || command.type !== 'install.remove' || command.force === true) return null;
	const removal = (records: readonly ActorRecord[]) =>
		planRemoval(id, command.deleteData === true, { graph: parts.graph(), installed: installedOf(records) });
	const heard = parts.records();
	const plan = removal(heard);
	if (plan?.status !== 'blocked') return null;
	// Those that need it may be gone already: what this host has heard is a little old.
	const checked = removal(await lookAgain(parts, heard, plan));
	return checked?.status === 'blocked' ? removalBlocked(checked) : null;
}

async function lookAgain(
	{ look }: ObjectionParts,
	heard: readonly ActorRecord[],
	{ blockers }: RemovePlan,
): Promise<ActorRecord[]> {
	const names = new Set(blockers.map(({ instance }) => refText(installRef(instance))));
	const seen = await Promise.all(heard.map((record) => (names.has(refText(record)) ? look(record) : record)));
	return seen.filter((record) => record !== null);
}
