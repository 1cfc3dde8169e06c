// What does this host really run of the app? Asked when a host returns.
import { z } from 'zod';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { readPlan } from '../plans.ts';

export const inspectApp = (kit: HostKit) =>
	defineEffect({
		name: 'inspectApp',
		input: z.object({ host: Name, instance: Name }),
		timeoutMs: 900_000,
		async run({ instance }, context) {
			const app = (await readPlan(kit.documents, kit.host)).apps[instance];
			if (!app) return { state: 'failed' as const, reason: `${instance} is not in the plan of ${kit.host}.` };
			if (app.desired === 'stopped') return { state: 'stopped' as const, reason: '' };
			try {
				await kit.rebuilds.activate(instance, context, context.signal);
				await kit.driver.waitHealthy(instance, context);
				return { state: 'running' as const, reason: '' };
			} catch (thrown) {
				if (thrown instanceof CoveyError && thrown.code !== 'STORE_UNAVAILABLE')
					return { state: 'failed' as const, reason: thrown.message };
				throw thrown;
			}
		},
	});
