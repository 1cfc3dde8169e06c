// Takes an app out of the plan of a host that is dead: when that host returns, it finds nothing to start (V7). Partners elsewhere are told.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { changePlan, withoutApp } from '../plans.ts';
import { endCalls } from './call-partners.ts';

export const withdrawPlan = (kit: HostKit) =>
	defineEffect({
		name: 'withdrawPlan',
		input: z.object({ instance: Name, from: Name }),
		timeoutMs: 600_000,
		async run({ instance, from }, context) {
			const plan = await changePlan(kit.documents, from, (before) => withoutApp(before, instance));
			context.note({ kind: 'write', text: `plan of ${from}, revision ${plan.revision}: without ${instance}` });
			await endCalls(kit, instance, () => false, context, 'partners');
		},
	});
