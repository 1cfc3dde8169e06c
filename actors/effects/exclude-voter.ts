// Takes a host's vote away, and waits until the cluster's data is safe without it.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { defineEffect } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { isVoter } from '../members.ts';

const VOTERS = { kind: 'voters', id: 'cluster' };
const LOOK_EVERY_MS = 1_000;

export const excludeVoter = (kit: HostKit) =>
	defineEffect({
		name: 'excludeVoter',
		input: z.object({ member: Name }),
		timeoutMs: 1_500_000,
		async run({ member }, { key, note, progress, signal }) {
			const votes = await isVoter(kit.documents, member);
			if (!(await exclude(kit, member, key, signal))) {
				if (votes) throw new CoveyError('UNKNOWN_ACTOR', `Nobody looks after the voters, so ${member} cannot give up its vote.`);
				return note({ kind: 'decide', text: `${member} has no vote` });
			}
			for (let waited = false; await isVoter(kit.documents, member); waited = true) {
				if (!waited) progress({ step: `waiting until ${member} is no voter` });
				await sleep(LOOK_EVERY_MS, undefined, { signal });
			}
			note({ kind: 'decide', text: votes ? `${member} gave up its vote` : `${member} has no vote and will get none` });
		},
	});

/** Also for a host without a vote, so that it gets none while it goes. False: there is no such actor. */
async function exclude(kit: HostKit, host: string, key: string, signal: AbortSignal): Promise<boolean> {
	for (let tries = 0; ; tries++) {
		try {
			await kit.command(VOTERS, { cmdId: `${key}:${tries}`.slice(-64), type: 'voters.exclude', host, by: `host:${kit.host}` });
			return true;
		} catch (thrown) {
			const code = thrown instanceof CoveyError ? thrown.code : null;
			if (code === 'UNKNOWN_ACTOR') return false;
			// One change of voters at a time: it is busy with another.
			if (code !== 'NOT_ALLOWED_NOW') throw thrown;
			await sleep(LOOK_EVERY_MS, undefined, { signal });
		}
	}
}
