// Stops the app and keeps it stopped over restarts of the host.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { setDesired } from './start-app.ts';

export const stopApp = (kit: HostKit) =>
	defineEffect({
		name: 'stopApp',
		input: z.object({ host: Name, instance: Name }),
		timeoutMs: 180_000,
		async run({ instance }, { note }) {
			await setDesired(kit, instance, 'stopped');
			await kit.driver.stop(instance);
			note({ kind: 'run', text: `stopped ${instance}` });
		},
	});
