// Each member has an actor, which its host makes; a witness runs no machines, so whoever hears one that has none makes its.
// Level-triggered: several hosts may try at once, and one does it.
import { joinedAt } from '../../actors/members.ts';
import { hostRef } from '../../machines/host/contract.ts';
import { isGone, standingOf } from '../../machines/host/standing.ts';
import type { Engine } from '../engine/engine.ts';
import type { Clock, Documents, Peers } from '../engine/ports.ts';
import { refText } from '../engine/record.ts';
import { repeat } from '../engine/repeat.ts';

export interface IntroduceParts {
	host: string;
	clock: Clock;
	documents: Documents;
	peers: Pick<Peers, 'alive'>;
	engine: Pick<Engine, 'index' | 'create'>;
	onFailure(thrown: unknown): void;
}

const EVERY_MS = 2_000;

export function introduceWitnesses({ host, clock, documents, peers, engine, onFailure }: IntroduceParts): { stop(): void } {
	const introduce = async (witness: string, incarnation: number): Promise<void> => {
		const record = engine.index().get(refText(hostRef(witness)))?.record;
		const standing = standingOf(record);
		if (record && !isGone(standing)) return;
		const since = await joinedAt(documents, witness);
		// It has left, and goes on a moment longer.
		if (since === null || (standing.departedAt ?? 0) >= since) return;
		await engine.create('host', witness, {}, { cmdId: `join-${witness}-${incarnation}`, by: `host:${host}` });
	};
	return repeat({
		clock,
		everyMs: EVERY_MS,
		async look() {
			for (const one of peers.alive()) if (one.machines.length === 0) await introduce(one.host, one.incarnation);
		},
		onFailure,
	});
}
