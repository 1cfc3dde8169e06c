// The installed apps as plans see them, and who needs whom. Pure, over their records.
import { ownServer } from '../catalog/database-servers.ts';
import type { Graph } from '../catalog/graph.ts';
import type { Installed } from '../catalog/install-plan.ts';
import { planRemoval } from '../catalog/remove-plan.ts';
import { InstallData, type UsedDatabase } from '../machines/install/contract.ts';
import type { ActorRecord } from '../runtime/engine/record.ts';

/** Phases in which nobody can use it. */
const GOING = new Set(['failed', 'rolledBack', 'rollingBack', 'removing']);

export const isInstalled = (record: ActorRecord | null): boolean => record !== null && record.view.phase !== 'removed';

/** By name. */
export function installedOf(records: readonly ActorRecord[]): Installed[] {
	return records
		.filter((record) => record.kind === 'install' && isInstalled(record))
		.map(({ id, view }) => {
			const data = InstallData.safeParse(view.data).data;
			const { app = id, host = null, partOf = null, uses = [] } = data ?? {};
			const servers = (data?.databases ?? []).map(({ server }) => server);
			return {
				instance: id,
				app,
				host,
				present: !GOING.has(view.phase),
				partOf,
				uses,
				dedicated: ownServersOf(id, data),
				servers,
			};
		})
		.sort((a, b) => (a.instance < b.instance ? -1 : 1));
}

/** As wished, and as it was found when it came back. */
function ownServersOf(instance: string, data: InstallData | undefined): UsedDatabase['type'][] {
	const found = (data?.databases ?? []).filter(({ type, server }) => server === ownServer(instance, type));
	return [...new Set([...(data?.dedicated ?? []), ...found.map(({ type }) => type)])];
}

/** Installed apps beside `except` that would lose something they require with `instance`. */
export function neededBy(instance: string, records: readonly ActorRecord[], graph: Graph, except: string): string[] {
	const installed = installedOf(records).filter((one) => one.instance !== except);
	const plan = planRemoval(instance, false, { graph, installed });
	return [...new Set(plan?.blockers.map((blocker) => blocker.instance) ?? [])];
}
