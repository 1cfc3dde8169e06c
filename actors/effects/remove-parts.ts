// Takes back, last first, what was installed for an app that failed. What somebody else needs by now stays.
import { z } from 'zod';
import { installRef, Part, PartOf } from '../../machines/install/contract.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { defineEffect, type EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { isMadeFor, whenSeen } from '../parts.ts';

export const removeParts = (kit: HostKit) =>
	defineEffect({
		name: 'removeParts',
		input: z.object({ parts: z.array(Part), partOf: PartOf }),
		timeoutMs: 1_100_000,
		async run({ parts, partOf }, context) {
			for (const { instance } of [...parts].reverse()) {
				const record = await kit.look(installRef(instance));
				if (!record || !isMadeFor(record, partOf)) continue;
				const users = kit.neededBy(instance, partOf.instance);
				if (users.length > 0) {
					context.note({ kind: 'decide', text: `${instance} stays: ${users.join(', ')} needs it by now` });
					continue;
				}
				context.progress({ step: `removing ${instance}` });
				await whenSeen(kit, instance, context, async (now) => {
					if (!now || !isMadeFor(now, partOf) || now.view.phase === 'removed') return true;
					await push(kit, now, context);
					return false;
				});
				context.note({ kind: 'remove', text: `removed ${instance} again, which was installed for ${partOf.instance}` });
			}
		},
	});

/** Says what brings it nearer to its end; while it is on its way nothing. Its data is kept where it has any (V8). */
async function push(kit: HostKit, { id, seq, view }: ActorRecord, { key }: EffectContext): Promise<void> {
	const type = ['install.remove', 'install.cancel'].find((command) => view.can[command] === true);
	if (!type) return;
	// Only the app that is taken back needs it: that was looked at.
	const how = type === 'install.remove' ? { force: true } : {};
	try {
		await kit.command(installRef(id), { cmdId: `${key}:${id}:${seq}`.slice(-64), type, ...how, by: `host:${kit.host}` });
	} catch (thrown) {
		// It went on meanwhile, or its owner is away: the next look tells.
		const passing = ['NOT_ALLOWED_NOW', 'UNKNOWN_ACTOR', 'NO_ANSWER', 'TIMEOUT', 'ACTOR_MOVED', 'STORE_UNAVAILABLE'];
		if (!(thrown instanceof CoveyError) || !passing.includes(thrown.code)) throw thrown;
	}
}
