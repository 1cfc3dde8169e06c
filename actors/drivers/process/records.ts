// `<data>/units/<instance>.json`: the process that runs an instance, written before it counts.
import { readdirSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { readJson, syncFolder, writeJson } from '../../../runtime/disk/durable.ts';
import type { Layout } from './layout.ts';
import { bootId, readProc } from './proc.ts';

export const UnitRecord = z.object({
	schema: z.literal(1),
	instance: z.string(),
	pid: z.number().int(),
	startTime: z.string(),
	bootId: z.string(),
	hash: z.string(),
	generation: z.number().int(),
	/** ms. */
	startedAt: z.number(),
	restarts: z.number().int(),
});
export type UnitRecord = z.infer<typeof UnitRecord>;

export const writeRecord = (layout: Layout, record: UnitRecord): void => writeJson(layout.record(record.instance), record);

export function removeRecord(layout: Layout, instance: string): void {
	rmSync(layout.record(instance), { force: true });
	syncFolder(layout.units);
}

export function readRecords(layout: Layout): UnitRecord[] {
	return readdirSync(layout.units)
		.filter((name) => name.endsWith('.json'))
		.map((name) => readJson(layout.record(name.slice(0, -5)), UnitRecord))
		.filter((record) => record !== null);
}

/** True only for the very process of the record, in this boot. */
export function isAlive(record: Pick<UnitRecord, 'pid' | 'startTime' | 'bootId'>): boolean {
	return record.bootId === bootId() && readProc(record.pid)?.startTime === record.startTime;
}
