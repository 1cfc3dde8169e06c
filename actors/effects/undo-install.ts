// Takes back one step of an install that failed or was cancelled. Each step is harmless when there is nothing to take back.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { releaseUnproven } from '../databases/release.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { endCalls } from './call-partners.ts';
import { removeFromPlan, stopUnit } from './remove-app.ts';

export const undoInstall = (kit: HostKit) =>
	defineEffect({
		name: 'undoInstall',
		input: z.object({ host: Name, instance: Name, step: z.enum(['removeFromPlan', 'stopUnit']) }),
		timeoutMs: 600_000,
		async run({ instance, step }, context) {
			context.progress({ step: step === 'stopUnit' ? `stopping ${instance}` : `taking ${instance} out of the plan` });
			if (step === 'stopUnit') await stopUnit(kit, instance, context);
			else {
				await removeFromPlan(kit, instance, context, 'anyhow');
				await endCalls(kit, instance, () => false, context, 'partners');
				await releaseUnproven(kit, instance, context);
			}
		},
	});
