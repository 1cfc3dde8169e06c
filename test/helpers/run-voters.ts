// Drives the voters' machine with its real effects, as the engine would, on hosts of one process.
import type { AnyEffect } from '../../actors/effect.ts';
import { demoteHost } from '../../actors/effects/demote-host.ts';
import { promoteHost } from '../../actors/effects/promote-host.ts';
import { readVoters } from '../../actors/effects/read-voters.ts';
import { setCopies } from '../../actors/effects/set-copies.ts';
import { settleAsLeaf } from '../../actors/effects/settle-as-leaf.ts';
import type { VoterOps, VotersKit } from '../../actors/voter-ops.ts';
import { votersKind } from '../../machines/voters/kind.ts';
import { votersMachine } from '../../machines/voters/machine.ts';
import { toWire } from '../../runtime/engine/errors.ts';
import type { Live } from '../../runtime/engine/live.ts';
import type { Documents, JobResult } from '../../runtime/engine/ports.ts';
import type { JsonObject, PendingEffect } from '../../runtime/engine/record.ts';
import { firstStep, type Input, step } from '../../runtime/engine/step.ts';
import type { VoterHost, VoterHosts } from './voter-hosts.ts';

const EFFECTS = [readVoters, promoteHost, setCopies, demoteHost, settleAsLeaf];
class Killed extends Error {}
/** Asked after each call an effect makes: is its host killed now? */
export type Kill = (host: VoterHost, effect: string, call: string) => Promise<boolean>;
const nobody: Kill = async () => false;

export function begin(): Live {
	const how = { cmdId: 'c0', by: 'test', owner: { host: 'alder', incarnation: 1 }, now: Date.now(), before: null };
	return firstStep(votersKind, votersMachine, { kind: 'voters', id: 'cluster' }, { wanted: 3 }, how);
}

let ids = 0;
export const say = (live: Live, type: string, payload: JsonObject = {}): Live =>
	taken(live, { type: 'command', command: { cmdId: `c${++ids}`, type, by: 'test', ...payload } });

function taken(live: Live, input: Input): Live {
	const outcome = step(live, input, Date.now());
	if (outcome.status !== 'stepped') throw new Error(JSON.stringify(outcome));
	return outcome.next;
}

/** Runs effects until none is asked for; returns the phases it went through with their reasons. */
export async function rest(cluster: VoterHosts, start: Live, kill: Kill = nobody): Promise<{ live: Live; told: string[] }> {
	let live = start;
	const told: string[] = [];
	for (;;) {
		const [effect] = Object.values(live.record.effects);
		if (!effect) return { live, told: [...told, `${live.record.view.phase}: ${live.record.view.words}`] };
		const result = await perform(cluster, live, effect, kill);
		if (effect.src !== 'readVoters') told.push(`${live.record.view.phase}: ${live.record.view.words}`);
		live = taken(live, { type: 'completion', key: effect.key, token: effect.token, by: 'test', result });
	}
}

async function perform(cluster: VoterHosts, live: Live, effect: PendingEffect, kill: Kill): Promise<JobResult> {
	const host = cluster.of(effect.host ?? live.record.owner?.host ?? '');
	const make = EFFECTS.find((one) => one(host.kit).name === effect.src) as (kit: VotersKit) => AnyEffect;
	for (let attempt = 1; ; attempt++) {
		const kit = mortal(host, effect.src, kill);
		const context = { key: effect.key, actor: live.record, epoch: 1, attempt, signal: new AbortController().signal };
		try {
			const one = make(kit);
			const output = await one.run(one.input.parse(effect.input), { ...context, progress: () => {}, note: () => {} });
			return { status: 'done', output: JSON.parse(JSON.stringify(output ?? null)), notes: [] };
		} catch (error) {
			if (!(error instanceof Killed)) return { status: 'failed', error: toWire(error), notes: [] };
		}
	}
}

/** The host's kit, which ends the effect after any call that `kill` chooses, with the call done. */
function mortal(host: VoterHost, effect: string, kill: Kill): VotersKit {
	const wrap = <T extends object>(target: T, label: string): T =>
		new Proxy(target, {
			get(object, key) {
				const method = Reflect.get(object, key) as unknown;
				if (typeof method !== 'function' || ['running', 'lastSeen', 'listeningSince', 'membersChanged'].includes(String(key)))
					return method;
				return async (...args: unknown[]) => {
					const answer: unknown = await method.apply(object, args);
					if (await kill(host, effect, `${label}.${String(key)}`)) throw new Killed();
					return answer;
				};
			},
		});
	return {
		...host.kit,
		documents: wrap<Documents>(host.kit.documents, 'documents'),
		voters: wrap<VoterOps>(host.kit.voters, 'voters'),
	};
}
