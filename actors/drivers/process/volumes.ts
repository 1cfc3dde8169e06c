// An instance's data: `<data>/apps/<instance>/<volume>` and beside it the identity that says what was there.
// Nothing here deletes; an instance that had data never starts on an empty folder (V9).
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readJson, syncFolder, writeDurably, writeJson } from '../../../runtime/disk/durable.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import type { DataMark, PlannedApp } from '../plan.ts';
import type { Layout } from './layout.ts';
import { giveTo, openTheWay, type UnitUser, unitUser } from './unit-user.ts';

export const Identity = z.object({
	schema: z.literal(1),
	instance: z.string(),
	app: z.string(),
	/** As in `DataMark`; absent in identities of earlier versions. */
	id: z.string().optional(),
	epoch: z.number().int().optional(),
	/** ms. */
	createdAt: z.number(),
	firstStarted: z.number().nullable(),
	lastHealthy: z.number().nullable(),
	/** Program that made its files before the first start. */
	maker: z.string().optional(),
	/** Volumes made here; `proven` ones had content while the app was healthy. */
	volumes: z.record(z.string(), z.object({ proven: z.boolean() })),
});
export type Identity = z.infer<typeof Identity>;

/** Makes what is new and refuses what should be there and is not. Rejects with NEVER_EMPTY or NAME_TAKEN. */
export function prepareVolumes(layout: Layout, app: PlannedApp, expand: (text: string, where: string) => string): void {
	const found = readIdentity(layout, app.instance);
	if (found && found.app !== app.app) throw otherApp(app, found);
	if (app.data) refuseOtherCopy(layout, app, app.data, found);
	mkdirSync(layout.app(app.instance), { recursive: true, mode: 0o750 });
	const user = unitUser(app);
	if (user) openTheWay(layout, app, user);
	const identity = found ?? newIdentity(app);
	for (const volume of app.volumes) {
		const path = layout.volume(app.instance, volume.name);
		const known = identity.volumes[volume.name];
		if (known && identity.firstStarted !== null) refuseEmpty(app, volume.name, path, known.proven);
		for (const folder of [path, ...volume.folders.map((name) => inside(app, path, name))]) {
			mkdirSync(folder, { recursive: true, mode: 0o750 });
			giveTo(folder, user);
		}
		if (!known?.proven) writeFirstFiles(app, path, volume.files ?? {}, expand, user);
		identity.volumes[volume.name] ??= { proven: false };
	}
	writeIdentity(layout, { ...identity, firstStarted: identity.firstStarted ?? Date.now() });
	syncFolder(layout.apps);
}

/** Notes that the app was healthy now, and which of its volumes have content. */
export function noteHealthy(layout: Layout, app: PlannedApp): void {
	const identity = readIdentity(layout, app.instance) ?? newIdentity(app);
	for (const { name } of app.volumes) {
		const proven = identity.volumes[name]?.proven || hasContent(layout.volume(app.instance, name));
		identity.volumes[name] = { proven };
	}
	writeIdentity(layout, { ...identity, lastHealthy: Date.now() });
}

/** One more proof that the app was healthy on this copy. Null when the instance has no data here. */
export function markData(layout: Layout, instance: string): DataMark | null {
	const identity = readIdentity(layout, instance);
	if (!identity || Object.keys(identity.volumes).length === 0) return null;
	const mark = { id: identity.id ?? randomUUID(), epoch: (identity.epoch ?? 0) + 1 };
	writeIdentity(layout, { ...identity, ...mark });
	return mark;
}

export function dumpFile(layout: Layout, instance: string, database: string): string {
	const folder = join(layout.app(instance), '.databases');
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	return join(folder, `${database}.dump`);
}

/** What is there now is the data, and what is not there is not missed: a new copy begins. */
export function acceptData(layout: Layout, instance: string): void {
	const identity = readIdentity(layout, instance);
	if (!identity) return;
	writeIdentity(layout, { ...identity, id: randomUUID(), epoch: 0, firstStarted: null, lastHealthy: null, volumes: {} });
}

/** Moves an instance's data to the trash, by one rename. Returns where it is now, or null when there was none. */
export function trashData(layout: Layout, instance: string): string | null {
	if (!existsSync(layout.app(instance))) return null;
	const stamp = new Date().toISOString().replace(/[:.]/g, '-').toLowerCase();
	const target = join(layout.trash, `${instance}-${stamp}`);
	renameSync(layout.app(instance), target);
	syncFolder(layout.apps);
	syncFolder(layout.trash);
	return target;
}

/** Which program makes its files: noted before they count. */
export function noteMaker(layout: Layout, app: PlannedApp, maker: string): void {
	writeIdentity(layout, { ...(readIdentity(layout, app.instance) ?? newIdentity(app)), maker });
}

export const readIdentity = (layout: Layout, instance: string): Identity | null => readJson(layout.identity(instance), Identity);

function writeIdentity(layout: Layout, identity: Identity): void {
	writeJson(layout.identity(identity.instance), identity);
}

const newIdentity = ({ instance, app }: PlannedApp): Identity => ({
	schema: 1,
	instance,
	app,
	id: randomUUID(),
	epoch: 0,
	createdAt: Date.now(),
	firstStarted: null,
	lastHealthy: null,
	volumes: {},
});

/** The plan knows which data the app ran on last. Without that data's own word nothing tells a fresh folder from a lost one. */
function refuseOtherCopy(layout: Layout, app: PlannedApp, known: DataMark, found: Identity | null): void {
	const state = copyState(known, found);
	if (state === 'same') return;
	const words = {
		missing: 'and nothing of it is on this disk',
		other: 'and what is on this disk now is another copy, which it never ran on',
		older: `and what is on this disk now is older: it was healthy ${known.epoch - (found?.epoch ?? 0)} starts later than that`,
	}[state];
	const path = layout.app(app.instance);
	throw new CoveyError(
		'NEVER_EMPTY',
		`${app.instance} had data, ${words}: ${path}. It was not started, so that nothing is lost unseen.`,
		{ details: { instance: app.instance, path, state } },
	);
}

function copyState(known: DataMark, found: Identity | null): 'same' | 'missing' | 'other' | 'older' {
	if (!found) return 'missing';
	if (found.id !== known.id) return 'other';
	return (found.epoch ?? 0) < known.epoch ? 'older' : 'same';
}

function refuseEmpty(app: PlannedApp, volume: string, path: string, proven: boolean): void {
	const state = !existsSync(path) ? 'missing' : proven && !hasContent(path) ? 'empty' : 'there';
	if (state === 'there') return;
	const message = `${app.instance} had data in its volume ${volume}, and that folder is ${state} now: ${path}. It was not started, so that it does not begin from nothing.`;
	throw new CoveyError('NEVER_EMPTY', message, { details: { instance: app.instance, volume, path, state } });
}

function writeFirstFiles(
	app: PlannedApp,
	volume: string,
	files: Record<string, string>,
	expand: (text: string, where: string) => string,
	user: UnitUser | null,
): void {
	for (const [name, content] of Object.entries(files)) {
		const path = inside(app, volume, name);
		if (existsSync(path)) continue;
		mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
		writeDurably(path, expand(content, `file ${name}`), (app.secrets ?? []).length > 0 ? 0o600 : 0o640);
		giveTo(path, user);
	}
}

function inside(app: PlannedApp, volume: string, name: string): string {
	const path = join(volume, name);
	if (path.startsWith(`${volume}/`)) return path;
	throw new CoveyError('BAD_CATALOG', `${app.app}: "${name}" leads out of its volume.`);
}

const hasContent = (folder: string): boolean =>
	existsSync(folder) &&
	readdirSync(folder, { withFileTypes: true }).some((entry) => !entry.isDirectory() || hasContent(join(folder, entry.name)));

const otherApp = (app: PlannedApp, identity: Identity): CoveyError =>
	new CoveyError('NAME_TAKEN', `The data kept under the name ${app.instance} belongs to ${identity.app}, not to ${app.app}.`, {
		details: { instance: app.instance, app: app.app, owner: identity.app },
	});
