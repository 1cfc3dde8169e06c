// The databases an app asks for: a server of this host, begun when nobody needed one before, and on it a database and a user of the
// app's own.
//
// D1. The password is in the vault before a server hears of it, and the plan has the claim before a server is begun for it.
// D2. A database that the app was healthy on and that is gone is missed, not made anew (V9); one that was put into the trash with
//     the app comes back with it.
import { existsSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { ownServer } from '../../catalog/database-servers.ts';
import { DATABASE_TYPES } from '../../catalog/schema/partners.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import type { DatabaseAdmin, DatabaseType, ServerAccess } from '../databases/admin.ts';
import { claimNumber, claimServers } from '../databases/claim.ts';
import { ensureServer } from '../databases/ensure-server.ts';
import { openAdmin, SERVER_TITLES } from '../databases/open-admin.ts';
import { databaseName } from '../databases/quote.ts';
import { redisNumbersInUse } from '../databases/redis.ts';
import { accessOf, serverOf, sharedServer, usersOf, type WantedDatabase } from '../databases/servers.ts';
import { defineEffect, type EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { ensureSecrets } from '../own-secrets.ts';
import { readPlan } from '../plans.ts';
import type { KeptDatabase } from '../vault.ts';

export const provideDatabases = (kit: HostKit) =>
	defineEffect({
		name: 'provideDatabases',
		input: z.object({
			host: Name,
			instance: Name,
			app: Name,
			/** A person wants servers for it alone. */
			dedicated: z.array(z.enum(DATABASE_TYPES)).default([]),
		}),
		timeoutMs: 3_000_000,
		failure: 'DEPENDENCY_FAILED',
		async run({ instance, app, dedicated }, context) {
			const entry = await kit.entry(app);
			const kept = await ensureSecrets(kit, instance, entry);
			const wanted = entry.databases.map((one) => ({
				...one,
				at: placeFor(kit.host, instance, one, dedicated, kept?.databases ?? {}),
			}));
			await claimServers(
				kit,
				instance,
				wanted.map(({ at }) => at),
			);
			for (const one of wanted) await provideOne(kit, instance, app, one, context);
			return { databases: wanted.map(({ name, type, at }) => ({ name, type, server: at })) };
		},
	});

/** An app that comes back goes to the server where its database is. Throws DATA_ELSEWHERE where a person wants another one. */
function placeFor(
	host: string,
	instance: string,
	one: WantedDatabase,
	dedicated: readonly DatabaseType[],
	kept: Readonly<Record<string, KeptDatabase>>,
): string {
	const wanted = serverOf(host, instance, one, dedicated);
	const before = kept[one.name];
	const isHere = before?.server === sharedServer(one.type, host) || before?.server === ownServer(instance, one.type);
	if (!before?.proven || !isHere || before.server === wanted) return wanted;
	if (!dedicated.includes(one.type)) return before.server;
	throw new CoveyError(
		'DATA_ELSEWHERE',
		`${instance} has its ${SERVER_TITLES[one.type]} database on ${before.server} already, where it was before; without a server of its own it goes on with that.`,
		{ details: { instance, server: before.server } },
	);
}

async function provideOne(
	kit: HostKit,
	instance: string,
	app: string,
	one: WantedDatabase & { at: string },
	context: EffectContext,
): Promise<void> {
	const { name, type, at: server } = one;
	const begins = !(server in (await readPlan(kit.documents, kit.host)).apps);
	const before = (await keep(kit, instance, name, (kept) => kept ?? nothingYet(server, begins)))[name] as KeptDatabase;
	await ensureServer(kit, server, type, instance, context);
	const plan = await readPlan(kit.documents, kit.host);
	const access = await accessOf(kit, plan, server);
	const place = await placeOn(kit, instance, one, access, before, context.signal);
	const known = (await keep(kit, instance, name, (kept) => ({ ...(kept ?? before), server, ...place })))[name] as KeptDatabase;
	context.progress({ step: `making ${instance} a database on ${server}` });
	await makeIt(kit, instance, app, one, openAdmin(type, access, context.signal), known, context);
	const others = usersOf(plan, server).filter((user) => user !== instance);
	context.note({
		kind: 'decide',
		text:
			others.length === 0
				? `${instance} has the database ${place.database} on ${server}`
				: `${instance} has the database ${place.database} on ${server}, which it shares with ${others.join(', ')}`,
	});
}

async function placeOn(
	kit: HostKit,
	instance: string,
	{ name, type, at: server }: WantedDatabase & { at: string },
	access: ServerAccess,
	before: KeptDatabase,
	signal: AbortSignal,
): Promise<{ database: string; user: string }> {
	const user = databaseName(instance, type, name);
	if (type !== 'redis') return { database: user, user };
	const had = before.server === server && before.database !== '' ? before.database : null;
	return { database: await claimNumber(kit, instance, server, had, await redisNumbersInUse(access, signal)), user };
}

async function makeIt(
	kit: HostKit,
	instance: string,
	app: string,
	{ name, type, extensions }: WantedDatabase,
	admin: DatabaseAdmin,
	known: KeptDatabase,
	{ note }: EffectContext,
): Promise<void> {
	const password = (await kit.vault.read(instance))?.values[`database.${name}.password`] ?? '';
	const isThere = await admin.exists(known);
	const dump = await kit.driver.dumpFile(instance, name);
	const comesBack = !isThere && existsSync(dump);
	if (!isThere && !comesBack && known.proven) throw missed(kit.host, instance, known, SERVER_TITLES[type]);
	await admin.ensure({ ...known, password, extensions, owner: `${instance} (${app})` });
	if (!comesBack) return;
	await admin.restore(known, dump);
	rmSync(dump);
	note({ kind: 'run', text: `brought back what ${instance} had in its database ${known.database}` });
}

const nothingYet = (server: string, begun: boolean): KeptDatabase => ({ server, database: '', user: '', proven: false, begun });

async function keep(
	kit: HostKit,
	instance: string,
	name: string,
	change: (kept: KeptDatabase | undefined) => KeptDatabase,
): Promise<Record<string, KeptDatabase>> {
	const kept = await kit.vault.change(instance, (now) => {
		if (!now) return now;
		const before = now.databases[name];
		const after = change(before);
		return JSON.stringify(before) === JSON.stringify(after) ? now : { ...now, databases: { ...now.databases, [name]: after } };
	});
	return kept?.databases ?? {};
}

const missed = (host: string, instance: string, { database, server }: KeptDatabase, title: string): CoveyError =>
	new CoveyError(
		'NEVER_EMPTY',
		`${instance} had its data in the ${title} database ${database} of ${server} on ${host}, and that is gone. It was not made anew, so that nothing is lost unseen.`,
		{ details: { instance, server, database, state: 'missing' } },
	);
