// Gives every bucket of the cluster so many copies. Runs on a voter.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { VotersKit } from '../voter-ops.ts';

export const setCopies = (kit: VotersKit) =>
	defineEffect({
		name: 'setCopies',
		input: z.object({ host: Name, copies: z.number().int().min(1).max(5), keep: z.string().nullable() }),
		timeoutMs: 900_000,
		async run({ copies, keep }, { note, progress, signal }) {
			await kit.voters.setCopies(copies, keep, (bucket) => {
				signal.throwIfAborted();
				progress({ step: `copying ${bucket}` });
			});
			note({ kind: 'run', text: `every bucket has ${copies} ${copies === 1 ? 'copy' : 'copies'}${keep ? `, on ${keep}` : ''}` });
		},
	});
