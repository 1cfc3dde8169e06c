// Empties a host as far as that is possible without its data: installs that have not run are placed again. Stops nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type AppOn, appsOn } from '../../machines/host/apps-on.ts';
import type { Moved, Staying } from '../../machines/host/contract.ts';
import { InstallData } from '../../machines/install/contract.ts';
import { rankHosts } from '../../machines/placement/score.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { type ActorRecord, Name } from '../../runtime/engine/record.ts';
import { defineEffect, type EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { needOf } from '../need.ts';

const LOOK_EVERY_MS = 500;
const PLACING_LIMIT_MS = 60_000;
/** An install can be placed back here by a host that has not heard yet that this one is being emptied. */
const MAX_ROUNDS = 5;

export const drainHost = (kit: HostKit) =>
	defineEffect({
		name: 'drainHost',
		input: z.object({ member: Name }),
		timeoutMs: 1_500_000,
		async run({ member }, context) {
			const moved = new Map<string, Moved>();
			for (let round = 0; round < MAX_ROUNDS; round++) {
				const movable = appsOn(kit.records(), member).filter((app) => app.movable);
				if (movable.length === 0) break;
				for (const [index, { instance }] of movable.entries()) {
					const percent = Math.round((index / movable.length) * 100);
					context.progress({ step: `placing ${instance} elsewhere`, percent });
					const outcome = await relocate(kit, member, instance, context);
					if (outcome) moved.set(instance, outcome);
				}
			}
			const stays = await stayingOn(kit, member, context);
			return { moved: [...moved.values()], stays } as unknown as { [key: string]: string[] };
		},
	});

/** Null when it is still there. */
async function relocate(
	kit: HostKit,
	member: string,
	instance: string,
	{ key, note, signal }: EffectContext,
): Promise<Moved | null> {
	const ref = { kind: 'install', id: instance };
	const before = await kit.look(ref);
	if (!before) return null;
	const cmdId = `${key}:${instance}:${before.seq}`.slice(-64);
	try {
		await kit.command(ref, { cmdId, type: 'install.relocate', by: `host:${kit.host}` });
	} catch (thrown) {
		// It went on meanwhile; the next look tells where it is.
		if (thrown instanceof CoveyError && (thrown.code === 'NOT_ALLOWED_NOW' || thrown.code === 'UNKNOWN_ACTOR')) return null;
		throw thrown;
	}
	for (const deadline = Date.now() + PLACING_LIMIT_MS; Date.now() < deadline; await sleep(LOOK_EVERY_MS, undefined, { signal })) {
		const to = placedAt(await kit.look(ref), member);
		if (to === 'open') continue;
		note({ kind: 'decide', text: to ? `${instance} goes to ${to}` : `no other host can take ${instance}` });
		return { instance, to };
	}
	return null;
}

/** Another host than `member`; null when it has failed to find one. */
function placedAt(record: ActorRecord | null, member: string): string | 'open' | null {
	const host = InstallData.safeParse(record?.view.data).data?.host ?? null;
	if (host !== null && host !== member) return host;
	return record?.view.phase === 'failed' ? null : 'open';
}

/** What remains, why, and where it would fit. By name: what the apps need of each other is not known. */
async function stayingOn(kit: HostKit, member: string, { note }: EffectContext): Promise<Staying[]> {
	const [candidates, weights] = await Promise.all([kit.candidates(), kit.weights()]);
	const staying: Staying[] = [];
	for (const app of appsOn(kit.records(), member)) {
		const why = reasonToStay(app);
		const wish = { pinned: null, avoid: [member], instance: app.instance };
		const best = rankHosts(needOf(await kit.entry(app.app)), candidates, wish, weights)[0];
		const to = best && best.score !== null ? best.host : null;
		note({
			kind: 'decide',
			text: `${app.instance} stays: ${why}; ${to ? `${to} would have room for it` : 'no other host has room for it'}`,
		});
		staying.push({ instance: app.instance, why, to });
	}
	return staying;
}

function reasonToStay({ phase, host, pinned }: AppOn): string {
	if (phase === 'unreachable') return `its data is on the disk of ${host}, which is away`;
	if (phase === 'starting') return 'it is starting, and may have written data';
	if (phase === 'removing' || phase === 'rollingBack') return 'it is being taken away already';
	if (pinned && ['validating', 'configuring', 'building', 'queued'].includes(phase)) return `a person chose ${host} for it`;
	return `its data is on the disk of ${host}`;
}
