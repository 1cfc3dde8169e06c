// This host gives every actor it owns to others, and takes none any more.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';

export const handOver = (kit: Pick<HostKit, 'host' | 'departure'>) =>
	defineEffect({
		name: 'handOver',
		input: z.object({ host: Name }),
		timeoutMs: 60_000,
		async run(_input, { note, signal }) {
			const count = await kit.departure.handOver(signal);
			note({ kind: 'decide', text: `${count} actors of ${kit.host} go to other hosts` });
		},
	});
