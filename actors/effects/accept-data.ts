// A person said that the app may go on with what is there now, though it is empty or older than what it had (V9).
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { changePlan } from '../plans.ts';
import type { KeptDatabase } from '../vault.ts';

export const acceptData = (kit: HostKit) =>
	defineEffect({
		name: 'acceptData',
		input: z.object({ host: Name, instance: Name }),
		timeoutMs: 60_000,
		async run({ instance }, { note }) {
			await kit.driver.stop(instance);
			await kit.driver.acceptData(instance);
			await kit.vault.change(instance, (kept) => kept && { ...kept, databases: unproven(kept.databases) });
			await changePlan(kit.documents, kit.host, (plan) => {
				const app = plan.apps[instance];
				if (!app?.data) return plan;
				const { data: _forgotten, ...rest } = app;
				return { ...plan, apps: { ...plan.apps, [instance]: rest } };
			});
			note({ kind: 'decide', text: `${instance} goes on with what is on the disk of ${kit.host} now: a person said so` });
		},
	});

const unproven = (databases: Record<string, KeptDatabase>): Record<string, KeptDatabase> =>
	Object.fromEntries(Object.entries(databases).map(([name, one]) => [name, { ...one, proven: false }]));
