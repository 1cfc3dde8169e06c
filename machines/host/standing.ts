// Where a host stands as a member, read from its actor's record. Pure.
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { HOST_PHASES, HostData, type HostPhase } from './contract.ts';

export interface Standing {
	phase: HostPhase;
	words: string;
	/** It takes no actors any more. */
	departing: boolean;
	/** When it left or was forgotten, ms. */
	departedAt: number | null;
	data: HostData | null;
}

/** A host whose actor is not known (yet) is an ordinary member. */
const ORDINARY: Standing = { phase: 'member', words: '', departing: false, departedAt: null, data: null };

export function standingOf(record: ActorRecord | null | undefined): Standing {
	if (record?.kind !== 'host') return ORDINARY;
	const { view, snap } = record;
	const data = HostData.safeParse(view.data).data ?? null;
	const context = snap.context as { departing?: unknown } | undefined;
	return {
		phase: HOST_PHASES.find((phase) => phase === view.phase) ?? 'cordoned',
		words: view.words,
		departing: context?.departing === true,
		departedAt: data?.departedAt ?? null,
		data,
	};
}

/** By host name. */
export function standingsOf(records: Iterable<ActorRecord>): Map<string, Standing> {
	const standings = new Map<string, Standing>();
	for (const record of records) if (record.kind === 'host') standings.set(record.id, standingOf(record));
	return standings;
}

export const isGone = ({ phase }: Pick<Standing, 'phase'>): boolean => phase === 'left' || phase === 'forgotten';
