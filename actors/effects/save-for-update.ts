// Before an app is updated: stopped, and its data copied, databases included. From here on there is a way back.
import { z } from 'zod';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { dumpAll } from '../databases/release.ts';
import type { PlannedApp } from '../drivers/plan.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { readPlan } from '../plans.ts';
import { nextVersion, versionOf } from '../versions.ts';
import { setDesired } from './start-app.ts';

export const saveForUpdate = (kit: HostKit) =>
	defineEffect({
		name: 'saveForUpdate',
		input: z.object({ host: Name, instance: Name, app: Name, version: z.string().nullable(), id: z.string() }),
		timeoutMs: 7_200_000,
		async run({ instance, app, version, id }, context) {
			const { note, progress, signal } = context;
			const planned = plannedOf((await readPlan(kit.documents, kit.host)).apps[instance], instance, kit.host);
			// A copy that is there was made by an earlier run of this: the plan may be changed by now.
			const kept = await kit.driver.savedPlan(instance, id);
			if (kept) return { from: versionOf(kept) };
			const next = nextVersion(planned, await kit.entry(app), version);
			progress({ step: `stopping ${instance}` });
			await setDesired(kit, instance, 'stopped');
			await kit.driver.stop(instance);
			note({ kind: 'run', text: `stopped ${instance}` });
			progress({ step: 'copying its data' });
			await kit.driver.saveData(planned, id, signal, (place) => dumpAll(kit, instance, context, place));
			note({ kind: 'write', text: `a copy of the data of ${instance}, before ${versionOf(planned)} becomes ${next}` });
			return { from: versionOf(planned) };
		},
	});

function plannedOf(app: PlannedApp | undefined, instance: string, host: string): PlannedApp {
	if (app) return app;
	throw new CoveyError('UNKNOWN_ACTOR', `${instance} is not in the plan of ${host}.`);
}
