// Takes the app off this host: stopped, out of the plan, out of the generation. Its data stays unless it was said otherwise.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect, type EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { changePlan, withoutApp } from '../plans.ts';

export const removeApp = (kit: HostKit) =>
	defineEffect({
		name: 'removeApp',
		input: z.object({ host: Name, instance: Name, deleteData: z.boolean() }),
		timeoutMs: 600_000,
		async run({ instance, deleteData }, context) {
			await stopUnit(kit, instance, context);
			await removeFromPlan(kit, instance, context);
			if (deleteData && (await kit.trashData(instance)))
				context.note({ kind: 'remove', text: `moved the data of ${instance} to the trash of ${kit.host}` });
		},
	});

export async function stopUnit(kit: HostKit, instance: string, { note }: Pick<EffectContext, 'note'>): Promise<void> {
	await kit.driver.stop(instance);
	note({ kind: 'run', text: `stopped ${instance}` });
}

/** Out of the plan, and the host's generation follows it. */
export async function removeFromPlan(kit: HostKit, instance: string, context: EffectContext): Promise<void> {
	const plan = await changePlan(kit.documents, kit.host, (before) => withoutApp(before, instance));
	context.note({ kind: 'write', text: `plan of ${kit.host}, revision ${plan.revision}: without ${instance}` });
	await kit.rebuilds.settle(context, context.signal);
}
