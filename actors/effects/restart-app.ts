// Stops and starts the app, whatever state it is in.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { rememberData, setDesired } from './start-app.ts';

export const restartApp = (kit: HostKit) =>
	defineEffect({
		name: 'restartApp',
		input: z.object({ host: Name, instance: Name }),
		timeoutMs: 1_080_000,
		failure: 'START_FAILED',
		async run({ instance }, context) {
			await setDesired(kit, instance, 'running');
			await kit.rebuilds.activate(instance, context, context.signal);
			await kit.driver.restart(instance);
			context.note({ kind: 'run', text: `restarted ${instance}` });
			context.progress({ step: 'waiting until it is healthy' });
			await kit.driver.waitHealthy(instance, context);
			await rememberData(kit, instance);
		},
	});
