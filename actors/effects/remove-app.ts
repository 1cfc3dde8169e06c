// Takes the app off this host: stopped, out of the plan, out of the generation. Its data stays unless it was said otherwise.
import { z } from 'zod';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { dumpAll, releaseAll } from '../databases/release.ts';
import { usersOf } from '../databases/servers.ts';
import type { HostPlan } from '../drivers/plan.ts';
import { defineEffect, type EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { changePlan, readPlan, withoutApp } from '../plans.ts';
import { endCalls } from './call-partners.ts';

export const removeApp = (kit: HostKit) =>
	defineEffect({
		name: 'removeApp',
		input: z.object({ host: Name, instance: Name, deleteData: z.boolean() }),
		timeoutMs: 600_000,
		async run({ instance, deleteData }, context) {
			const plan = await readPlan(kit.documents, kit.host);
			refuseInUse(plan, instance);
			const servers = [...new Set((plan.apps[instance]?.databases ?? []).map(({ server }) => server))];
			await stopUnit(kit, instance, context);
			if (deleteData) await dumpAll(kit, instance, context);
			await removeFromPlan(kit, instance, context, 'unlessUsed');
			await endCalls(kit, instance, () => false, context, 'partners');
			if (deleteData && (await kit.trashData(instance)))
				context.note({ kind: 'remove', text: `moved the data of ${instance} to the trash of ${kit.host}` });
			if (deleteData) await releaseAll(kit, instance, context);
			const after = await readPlan(kit.documents, kit.host);
			return { unused: servers.filter((server) => server in after.apps && usersOf(after, server).length === 0) };
		},
	});

export async function stopUnit(kit: HostKit, instance: string, { note }: Pick<EffectContext, 'note'>): Promise<void> {
	await kit.driver.stop(instance);
	note({ kind: 'run', text: `stopped ${instance}` });
}

/** Apps would lose what they have on it. */
function refuseInUse(plan: HostPlan, instance: string): void {
	const users = usersOf(plan, instance);
	if (users.length === 0) return;
	throw new CoveyError('REMOVAL_BLOCKED', `${instance} has the databases of ${users.join(', ')}. Remove them first.`, {
		details: { instance, users },
	});
}

/** Out of the plan, and the host's generation follows it. A database server that never ran may go although apps wait for it. */
export async function removeFromPlan(
	kit: HostKit,
	instance: string,
	context: EffectContext,
	when: 'unlessUsed' | 'anyhow',
): Promise<void> {
	const plan = await changePlan(kit.documents, kit.host, (before) => {
		// Under the same compare-and-set as the claims: nobody begins to use it meanwhile.
		if (when === 'unlessUsed') refuseInUse(before, instance);
		return withoutApp(before, instance);
	});
	context.note({ kind: 'write', text: `plan of ${kit.host}, revision ${plan.revision}: without ${instance}` });
	await kit.rebuilds.settle(context, context.signal);
}
