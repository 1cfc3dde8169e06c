// What a killed predecessor of this host process left running: found by records and by markers.
import type { HostPlan } from '../plan.ts';
import { BUILD_MARKER, endFamily, UNIT_MARKER } from './family.ts';
import { currentGeneration, generationUnits } from './generations.ts';
import type { Layout } from './layout.ts';
import { readProc, scanProcs, startVariable } from './proc.ts';
import { isAlive, readRecords, removeRecord, type UnitRecord } from './records.ts';
import { type Unit, type Units, unitHash } from './unit.ts';

export interface Orphan {
	record: UnitRecord;
	unit: Unit;
	generation: number;
}

/**
 * Keeps each process that is exactly what the plan wants; ends all else that carries our marker. Without a plan (nobody
 * could be asked) what the current generation has is kept.
 */
export async function sortOrphans(
	layout: Layout,
	dataId: string,
	plan: HostPlan | null,
): Promise<{ kept: Orphan[]; ended: string[] }> {
	const current = currentGeneration(layout);
	const units: Units = current ? generationUnits(layout, current.number) : {};
	const records = new Map(readRecords(layout).map((record) => [record.instance, record]));
	const kept: Orphan[] = [];
	const ended: string[] = [];
	for (const instance of new Set([...records.keys(), ...markedInstances(dataId)])) {
		const record = records.get(instance);
		const unit = units[instance];
		if (record && unit && current && isAlive(record) && isWanted(record, unit, plan)) {
			kept.push({ record, unit, generation: current.number });
			continue;
		}
		const main = record && isAlive(record) ? record : null;
		const hadProcesses = main !== null || markedInstances(dataId).has(instance);
		await endFamily({ marker: `${dataId}/${instance}`, main }, unit?.app.stopTimeoutMs ?? 10_000);
		removeRecord(layout, instance);
		if (hadProcesses) ended.push(instance);
	}
	return { kept, ended };
}

/** Ends installations that a killed predecessor left running; their half-built folders are nobody's. */
export async function endOrphanBuilds(dataId: string): Promise<void> {
	for (let left = buildsOf(dataId); left.length > 0; left = buildsOf(dataId)) {
		for (const pid of left) {
			try {
				process.kill(pid, 'SIGKILL');
			} catch {
				// ended by itself meanwhile
			}
		}
		await new Promise((resolve) => setTimeout(resolve, 30));
	}
}

function isWanted(record: UnitRecord, unit: Unit, plan: HostPlan | null): boolean {
	if (record.hash !== unit.hash) return false;
	if (plan === null) return true;
	const app = plan.apps[record.instance];
	return app?.desired === 'running' && unitHash(app) === record.hash;
}

function markedInstances(dataId: string): Set<string> {
	const found = new Set<string>();
	for (const { pid } of scanProcs()) {
		const marker = startVariable(pid, UNIT_MARKER);
		if (marker?.startsWith(`${dataId}/`) && readProc(pid)) found.add(marker.slice(dataId.length + 1));
	}
	return found;
}

const buildsOf = (dataId: string): number[] =>
	scanProcs()
		.map(({ pid }) => pid)
		.filter((pid) => startVariable(pid, BUILD_MARKER) === dataId);
