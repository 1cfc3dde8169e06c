// Takes a host's vote away, and waits until the cluster's data is safe without it.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { votersRef } from '../../machines/voters/contract.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { isVoter } from '../members.ts';

const LOOK_EVERY_MS = 1_000;

export const excludeVoter = (kit: HostKit) =>
	defineEffect({
		name: 'excludeVoter',
		input: z.object({ member: Name }),
		timeoutMs: 1_500_000,
		async run({ member }, { key, note, progress, signal }) {
			const votes = await isVoter(kit.documents, member);
			if (!(await tellVoters(kit, 'voters.exclude', member, key, signal))) {
				if (votes) throw new CoveyError('UNKNOWN_ACTOR', `Nobody looks after the voters, so ${member} cannot give up its vote.`);
				return note({ kind: 'decide', text: `${member} has no vote` });
			}
			while (await isVoter(kit.documents, member)) {
				const voters = await kit.look(votersRef);
				progress({ step: `waiting until ${member} is no voter: ${voters?.view.words ?? ''}` });
				await sleep(LOOK_EVERY_MS, undefined, { signal });
			}
			note({ kind: 'decide', text: votes ? `${member} gave up its vote` : `${member} has no vote and will get none` });
		},
	});

/** Lets a host vote again that was to leave and stays. */
export const includeVoter = (kit: HostKit) =>
	defineEffect({
		name: 'includeVoter',
		input: z.object({ member: Name }),
		timeoutMs: 50_000,
		async run({ member }, { key, note, signal }) {
			if (await tellVoters(kit, 'voters.include', member, key, signal)) note({ kind: 'decide', text: `${member} may vote` });
		},
	});

/** Also for a host without a vote, so that it gets none while it goes. False: there is no such actor. */
async function tellVoters(
	kit: HostKit,
	type: 'voters.exclude' | 'voters.include',
	host: string,
	key: string,
	signal: AbortSignal,
): Promise<boolean> {
	for (let tries = 0; ; tries++) {
		try {
			await kit.command(votersRef, { cmdId: `${key}:${tries}`.slice(-64), type, host, by: `host:${kit.host}` });
			return true;
		} catch (thrown) {
			const code = thrown instanceof CoveyError ? thrown.code : null;
			if (code === 'UNKNOWN_ACTOR') return false;
			// It cannot take this now; soon it can.
			if (code !== 'NOT_ALLOWED_NOW') throw thrown;
			await sleep(LOOK_EVERY_MS, undefined, { signal });
		}
	}
}
