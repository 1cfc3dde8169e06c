// Looks at the voters, for the next decision. On a host that is no voter it only says who should look.
import { z } from 'zod';
import type { JsonObject } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import { surveyVoters } from '../survey-voters.ts';
import type { VotersKit } from '../voter-ops.ts';

export const readVoters = (kit: VotersKit) =>
	defineEffect({
		name: 'readVoters',
		input: z.object({}),
		timeoutMs: 90_000,
		run: async () => (await surveyVoters(kit)) as unknown as JsonObject,
	});
