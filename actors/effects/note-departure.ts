// This host writes down that it has left, while it can still be told: it ends soon, and will not start again as a member.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';

export const noteDeparture = (kit: Pick<HostKit, 'host' | 'departure'>) =>
	defineEffect({
		name: 'noteDeparture',
		input: z.object({ host: Name }),
		timeoutMs: 30_000,
		async run(_input, { note }) {
			await kit.departure.note();
			note({ kind: 'write', text: `${kit.host} knows that it has left` });
		},
	});
