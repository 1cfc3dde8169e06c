// What may be asked of a witness: work with its own server and the voters, and to go.
import type { AnyEffect, EffectRegistry } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import type { VotersKit } from '../voter-ops.ts';
import { demoteHost } from './demote-host.ts';
import { handOver } from './hand-over.ts';
import { noteDeparture } from './note-departure.ts';
import { promoteHost } from './promote-host.ts';
import { setCopies } from './set-copies.ts';
import { settleAsLeaf } from './settle-as-leaf.ts';

export type WitnessKit = VotersKit & Pick<HostKit, 'departure'>;

const ALL = [promoteHost, setCopies, demoteHost, settleAsLeaf, handOver, noteDeparture];

export function effectsOfWitness(kit: WitnessKit): EffectRegistry {
	return new Map(ALL.map((make) => make(kit) as AnyEffect).map((effect) => [effect.name, effect]));
}
