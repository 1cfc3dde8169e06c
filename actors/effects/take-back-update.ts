// An update did not work: plan and data together are as they were before it. What the update made of the data is kept aside.
import { z } from 'zod';
import { Use } from '../../machines/install/contract.ts';
import { Name } from '../../runtime/engine/record.ts';
import { refillAll } from '../databases/release.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { changePlan } from '../plans.ts';
import { versionOf } from '../versions.ts';
import { replan } from './change-version.ts';
import { setDesired } from './start-app.ts';

export const takeBackUpdate = (kit: HostKit) =>
	defineEffect({
		name: 'takeBackUpdate',
		input: z.object({
			host: Name,
			instance: Name,
			id: z.string(),
			app: Name,
			/** What it was connected with, where nothing else was changed. */
			connected: z.array(Use).nullable().default(null),
		}),
		timeoutMs: 7_200_000,
		async run({ instance, id, app, connected }, context) {
			const { note, progress, signal } = context;
			if (connected) {
				await replan(kit, instance, app, { version: null, keep: true, uses: connected }, context);
				return void (await kit.rebuilds.settle(context, signal));
			}
			const before = await kit.driver.savedPlan(instance, id);
			// Without a copy nothing was changed yet.
			if (!before) return;
			await setDesired(kit, instance, 'stopped');
			await kit.driver.stop(instance);
			progress({ step: 'bringing the data back' });
			await kit.driver.restoreData(instance, id, signal, (place) => refillAll(kit, instance, context, place));
			note({ kind: 'run', text: `the data of ${instance} is as it was before the update` });
			// The mark of the data goes back with it: this copy is older on purpose.
			const plan = await changePlan(kit.documents, kit.host, (now) => ({
				...now,
				apps: { ...now.apps, [instance]: { ...before, desired: 'stopped' as const } },
			}));
			note({ kind: 'write', text: `plan of ${kit.host}, revision ${plan.revision}: ${instance} ${versionOf(before)} again` });
			await kit.rebuilds.settle(context, signal);
		},
	});
