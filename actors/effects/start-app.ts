// Brings the app up: wanted in the plan, activated, started, healthy.
import { z } from 'zod';
import { Announce } from '../../machines/install/contract.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { changePlan } from '../plans.ts';
import { announce } from './announce.ts';
import { callPartners } from './call-partners.ts';

export const startApp = (kit: HostKit) =>
	defineEffect({
		name: 'startApp',
		input: z.object({ host: Name, instance: Name, announces: z.array(Announce).default([]) }),
		timeoutMs: 1_080_000,
		failure: 'START_FAILED',
		async run({ instance, announces }, context) {
			const { driver, rebuilds } = kit;
			context.progress({ step: 'activating' });
			await setDesired(kit, instance, 'running');
			// V7: what is started is what the plan says now, read through the leader.
			const generation = await rebuilds.activate(instance, context, context.signal);
			context.progress({ step: 'waiting until it is healthy' });
			await driver.waitHealthy(instance, context);
			context.note({ kind: 'decide', text: `${instance} is healthy in generation ${generation.number}` });
			await rememberData(kit, instance);
			await callPartners(kit, instance, context);
			await announce(kit, instance, announces, context);
			return { generation: generation.number };
		},
	});

/** From now on it starts on this data or a newer state of it only (V9). On the disk first: the plan never asks for more than there is. */
export async function rememberData(kit: HostKit, instance: string): Promise<void> {
	await proveDatabases(kit, instance);
	const data = await kit.driver.markData(instance);
	if (!data) return;
	await changePlan(kit.documents, kit.host, (plan) => {
		const app = plan.apps[instance];
		return app ? { ...plan, apps: { ...plan.apps, [instance]: { ...app, data } } } : plan;
	});
}

/** They are the app's data from now on. */
async function proveDatabases(kit: HostKit, instance: string): Promise<void> {
	await kit.vault.change(instance, (kept) => {
		const all = Object.entries(kept?.databases ?? {});
		if (!kept || all.every(([, { proven }]) => proven)) return kept;
		return { ...kept, databases: Object.fromEntries(all.map(([name, one]) => [name, { ...one, proven: true }])) };
	});
}

/** Throws UNKNOWN_ACTOR when the plan does not have the instance (any more). */
export async function setDesired(kit: HostKit, instance: string, desired: 'running' | 'stopped'): Promise<void> {
	await changePlan(kit.documents, kit.host, (plan) => {
		const app = plan.apps[instance];
		if (!app) throw new CoveyError('UNKNOWN_ACTOR', `${instance} is not in the plan of ${kit.host}.`);
		return app.desired === desired ? plan : { ...plan, apps: { ...plan.apps, [instance]: { ...app, desired } } };
	});
}
