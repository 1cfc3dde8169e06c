// Gives up an app's places on database servers. What it never was healthy on goes; what it was stays, until a person wants it gone.
import { existsSync } from 'node:fs';
import { installRef } from '../../machines/install/contract.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { DumpPlace } from '../drivers/driver.ts';
import type { EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { readPlan } from '../plans.ts';
import type { Kept, KeptDatabase } from '../vault.ts';
import type { DatabaseType } from './admin.ts';
import { openAdmin } from './open-admin.ts';
import { accessOf, usersOf } from './servers.ts';

/** After the app has left the plan. An install that failed leaves nothing of its own behind, a server begun for it included. */
export async function releaseUnproven(kit: HostKit, instance: string, context: EffectContext): Promise<void> {
	const kept = await kit.vault.read(instance);
	const unproven = Object.entries(kept?.databases ?? {}).filter(([, { proven }]) => !proven);
	for (const [name, one] of unproven) {
		await drop(kit, instance, one, context);
		if (one.begun) await removeUnused(kit, one.server, context);
		await forget(kit, instance, name);
	}
}

/** A person wants the data gone, and it was saved by `dumpAll`. Servers stay: they are asked about. */
export async function releaseAll(kit: HostKit, instance: string, context: EffectContext): Promise<void> {
	for (const [name, one] of Object.entries((await kit.vault.read(instance))?.databases ?? {})) {
		await drop(kit, instance, one, context);
		await forget(kit, instance, name);
	}
}

/** Each into a file of the instance's folder, which goes where the folder goes. Done twice, the second is as good as the first. */
export async function dumpAll(
	kit: HostKit,
	instance: string,
	{ note, signal }: Pick<EffectContext, 'note' | 'signal'>,
	place?: DumpPlace,
): Promise<void> {
	const kept: Kept | null = await kit.vault.read(instance);
	const plan = await readPlan(kit.documents, kit.host);
	for (const [name, one] of Object.entries(kept?.databases ?? {})) {
		if (!(one.server in plan.apps)) continue;
		const admin = openAdmin(typeOf(plan.apps[one.server]?.app), await accessOf(kit, plan, one.server), signal);
		if (!(await admin.exists(one))) continue;
		await admin.dump(one, place ? place(name) : await kit.driver.dumpFile(instance, name));
		note({ kind: 'write', text: `a copy of the database ${one.database} of ${one.server}, beside the data of ${instance}` });
	}
}

/** From such copies; a database without one is left alone. */
export async function refillAll(
	kit: HostKit,
	instance: string,
	{ note, signal }: EffectContext,
	place: DumpPlace,
): Promise<void> {
	const plan = await readPlan(kit.documents, kit.host);
	for (const [name, one] of Object.entries((await kit.vault.read(instance))?.databases ?? {})) {
		if (!existsSync(place(name))) continue;
		await openAdmin(typeOf(plan.apps[one.server]?.app), await accessOf(kit, plan, one.server), signal).restore(one, place(name));
		note({ kind: 'run', text: `the database ${one.database} of ${one.server} is as it was` });
	}
}

async function drop(kit: HostKit, instance: string, one: KeptDatabase, { note, signal }: EffectContext): Promise<void> {
	const plan = await readPlan(kit.documents, kit.host);
	const server = plan.apps[one.server];
	// Its server never came to be, or is gone with all it had.
	if (!server || one.database === '' || server.desired !== 'running') return;
	if (Object.values(plan.apps).some((app) => app.instance === instance)) return;
	await openAdmin(typeOf(server.app), await accessOf(kit, plan, one.server), signal).drop(one);
	note({ kind: 'remove', text: `the database ${one.database} of ${one.server}` });
}

async function removeUnused(kit: HostKit, server: string, { key, note }: EffectContext): Promise<void> {
	const users = usersOf(await readPlan(kit.documents, kit.host), server);
	if (users.length > 0) return note({ kind: 'decide', text: `${server} stays: ${users.join(', ')} uses it by now` });
	const record = await kit.look(installRef(server));
	const type = ['install.remove', 'install.cancel'].find((command) => record?.view.can[command] === true);
	if (!type) return;
	try {
		await kit.command(installRef(server), { cmdId: `${key}:${server}`.slice(-64), type, by: `host:${kit.host}` });
		note({ kind: 'remove', text: `${server}, which nobody uses` });
	} catch (thrown) {
		if (!(thrown instanceof CoveyError) || thrown.code !== 'NOT_ALLOWED_NOW') throw thrown;
	}
}

async function forget(kit: HostKit, instance: string, name: string): Promise<void> {
	await kit.vault.change(instance, (kept) => {
		if (!kept || !(name in kept.databases)) return kept;
		const { [name]: _gone, ...databases } = kept.databases;
		return { ...kept, databases };
	});
}

/** Servers are entries named after what they speak. */
function typeOf(app: string | undefined): DatabaseType {
	if (app === 'postgres' || app === 'mariadb' || app === 'redis') return app;
	throw new CoveyError('INTERNAL', `${app} is no database server.`);
}
