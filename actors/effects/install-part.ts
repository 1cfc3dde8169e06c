// Installs one app that another needs first, and waits until it runs. Runs on the owner of the app that needs it.
//
// Level-triggered: whoever takes this up after a crash finds the part as it is. A part carries whose it is, so that one made by this
// try is never taken for an app of somebody else, nor the other way round (V5).
import { z } from 'zod';
import { InstallData, InstallInput, installRef, Part, PartOf } from '../../machines/install/contract.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { defineEffect, type EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { isMadeFor, whenSeen } from '../parts.ts';

export const installPart = (kit: HostKit) =>
	defineEffect({
		name: 'installPart',
		input: z.object({ part: Part, partOf: PartOf }),
		timeoutMs: 7_000_000,
		async run({ part, partOf }, context) {
			await makeSure(kit, part, partOf, context);
			await whenSeen(kit, part.instance, context, (record) => {
				const outcome = outcomeOf(record);
				if (outcome.status === 'failed') throw failed(part.instance, outcome.words);
				context.progress({ step: `${part.instance}: ${outcome.words}` });
				return outcome.status === 'there';
			});
			context.note({ kind: 'decide', text: `${part.instance} is there` });
		},
	});

/** Made by this, or there already. Rejects with DEPENDENCY_FAILED where the name belongs to something else. */
async function makeSure(
	kit: HostKit,
	{ instance, app, planned, uses }: Part,
	partOf: PartOf,
	{ key, note }: EffectContext,
): Promise<void> {
	const input = InstallInput.parse({ app, planned, partOf, uses });
	const reply = await kit.create(installRef(instance), input, {
		cmdId: `part:${key}`.slice(-64),
		by: `install:${partOf.instance}`,
	});
	if (reply.ok) return note({ kind: 'run', text: `installs ${instance}, which ${partOf.instance} needs` });
	if (reply.error.code !== 'NAME_TAKEN') throw new CoveyError(reply.error.code, reply.error.message);
	const record = await kit.look(installRef(instance));
	const data = InstallData.safeParse(record?.view.data).data;
	if (record && data && data.app !== app) throw failed(instance, `that name belongs to ${data.app}, not to ${app}`);
	if (record && !isMadeFor(record, partOf))
		note({ kind: 'decide', text: `${instance} was installed by somebody else meanwhile` });
}

type Outcome = { status: 'there' | 'coming' | 'failed'; words: string };

/** An app that ran and is ill heals itself, one on a lost host comes back: both are waited for. */
function outcomeOf(record: ActorRecord | null): Outcome {
	if (!record) return { status: 'coming', words: 'it is being made' };
	const { phase, words } = record.view;
	if (phase === 'running' || phase === 'stopped') return { status: 'there', words };
	const isOver = phase === 'failed' || phase === 'rolledBack' || phase === 'removed' || phase === 'removing';
	return { status: isOver ? 'failed' : 'coming', words };
}

const failed = (instance: string, words: string): CoveyError =>
	new CoveyError('DEPENDENCY_FAILED', `${instance}, which has to be there first, could not be installed: ${words}`, {
		details: { instance },
	});
