// Builds the host's next generation with this app in it. All installs that wait share one build (FEATURES I4).
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';

export const buildGeneration = (kit: HostKit) =>
	defineEffect({
		name: 'buildGeneration',
		input: z.object({ host: Name, instance: Name }),
		timeoutMs: 3_000_000,
		failure: 'BUILD_FAILED',
		async run({ instance }, context) {
			const generation = await kit.rebuilds.request(instance, context, context.signal);
			context.note({
				kind: 'decide',
				text: `generation ${generation.number} of ${kit.host} has ${generation.instances.length} apps`,
			});
			return { generation: generation.number };
		},
	});
