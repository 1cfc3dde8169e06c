// Strikes a host off the list of members: every other host watches it and refuses the host's certificate and keys from then on.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { markForgotten } from '../members.ts';

export const forgetMember = (kit: HostKit) =>
	defineEffect({
		name: 'forgetMember',
		input: z.object({ member: Name }),
		timeoutMs: 60_000,
		async run({ member }, { note }) {
			await markForgotten(kit.documents, member, Date.now());
			note({ kind: 'write', text: `${member} is no member any more` });
		},
	});
