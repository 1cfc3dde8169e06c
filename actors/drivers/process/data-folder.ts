// Opens the driver's part of a data directory: folders, identity, leftovers of a killed predecessor.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readText, writeDurably } from '../../../runtime/disk/durable.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { isDiskFull } from './disk-full.ts';
import { type Layout, layout } from './layout.ts';
import { endOrphanBuilds } from './orphans.ts';

/** Rejects with DATA_DIR_UNUSABLE or DISK_FULL. `dataId` names this very folder: a copy of it has another one. */
export async function openDataFolder(data: string): Promise<{ layout: Layout; dataId: string }> {
	const places = layout(data);
	try {
		for (const folder of [
			data,
			places.store,
			places.building,
			places.generations,
			places.units,
			places.logs,
			places.apps,
			places.trash,
			places.snapshots,
		]) {
			mkdirSync(folder, { recursive: true, mode: 0o750 });
		}
		const id = readText(places.id) ?? newId(places.id);
		const { dev, ino } = statSync(data);
		const dataId = createHash('sha256').update(`${id.trim()}:${dev}:${ino}`).digest('hex').slice(0, 16);
		await endOrphanBuilds(dataId);
		for (const name of readdirSync(places.building)) rmSync(join(places.building, name), { recursive: true, force: true });
		return { layout: places, dataId };
	} catch (cause) {
		const code = isDiskFull(cause) ? 'DISK_FULL' : 'DATA_DIR_UNUSABLE';
		const text = cause instanceof Error ? cause.message : String(cause);
		throw new CoveyError(code, `The data directory ${data} cannot be used: ${text}`, { cause });
	}
}

function newId(path: string): string {
	const id = randomUUID();
	writeDurably(path, `${id}\n`, 0o640);
	return id;
}
