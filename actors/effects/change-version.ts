// Puts another version, or other connections, into the plan of this host. Ports, databases and what is known of the data stay.
import { z } from 'zod';
import { Use } from '../../machines/install/contract.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { connectionWords } from '../connection-words.ts';
import { connectionsOf } from '../connections.ts';
import type { PlannedApp } from '../drivers/plan.ts';
import { defineEffect, type EffectContext } from '../effect.ts';
import { pinImages, withImages } from '../images/pin-images.ts';
import type { HostKit } from '../kit.ts';
import { ensureSecrets } from '../own-secrets.ts';
import { planApp } from '../plan-app.ts';
import { changePlan, readPlan } from '../plans.ts';
import { atVersion, versionOf } from '../versions.ts';

export const changeVersion = (kit: HostKit) =>
	defineEffect({
		name: 'changeVersion',
		input: z.object({
			host: Name,
			instance: Name,
			app: Name,
			version: z.string().nullable(),
			/** The version stays, whatever the catalog has. */
			keep: z.boolean().default(false),
			uses: z.array(Use).default([]),
		}),
		timeoutMs: 60_000,
		run: ({ instance, app, version, keep, uses }, context) => replan(kit, instance, app, { version, keep, uses }, context),
	});

export async function replan(
	kit: HostKit,
	instance: string,
	app: string,
	{ version, keep, uses }: { version: string | null; keep: boolean; uses: Use[] },
	{ note }: Pick<EffectContext, 'note'>,
): Promise<{ to: string }> {
	const listed = await kit.entry(app);
	await ensureSecrets(kit, instance, listed);
	const had = (await readPlan(kit.documents, kit.host)).apps[instance]?.images ?? [];
	const images = keep ? had : await pinImages(listed, had, { note });
	let connected: string | null = null;
	const plan = await changePlan(kit.documents, kit.host, async (before) => {
		const now = before.apps[instance];
		if (!now) throw new CoveyError('UNKNOWN_ACTOR', `${instance} is not in the plan of ${kit.host}.`);
		const { databases = [], data, ports, source } = now;
		const entry = atVersion(listed, keep && source.type !== 'binary' ? source.version : version);
		const missing = entry.databases.find(({ name }) => !databases.some((one) => one.name === name));
		if (missing)
			throw new CoveyError(
				'NOT_ALLOWED_NOW',
				`The new ${app} wants a database ${missing.name} that ${instance} has not got; remove it and install it again, its data is kept.`,
			);
		const connections = await connectionsOf(kit, instance, entry, uses, ports);
		connected = connectionWords(instance, uses, connections);
		const next: PlannedApp = {
			...planApp(entry, instance, ports, kit.bind, { databases, connections, host: kit.address }),
			...withImages(images),
			...(data ? { data } : {}),
		};
		return { ...before, apps: { ...before.apps, [instance]: next } };
	});
	const to = versionOf(plan.apps[instance] ?? { source: { type: 'binary', program: app } });
	note({ kind: 'write', text: `plan of ${kit.host}, revision ${plan.revision}: ${instance}, ${to}` });
	if (connected) note({ kind: 'write', text: connected });
	return { to };
}
