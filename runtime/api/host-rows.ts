// Every known host as a row: what it says of itself, and how the answering host hears it. Pure.
import { HostFacts, type Presence } from '../../machines/host/contract.ts';
import { isGone, standingOf, standingsOf } from '../../machines/host/standing.ts';
import type { ActorRecord } from '../engine/record.ts';
import type { HostRow } from './contract.ts';
import { appRows } from './questions.ts';

export interface Hearing {
	presence(host: string): Presence;
	/** ms, or null when not heard since this host started. */
	lastSeen(host: string): number | null;
	/** Its clock minus ours, ms. */
	skewMs(host: string): number | null;
}

/** Hosts with trouble first, then by name (FEATURES C4). Unreadable documents (of a newer Covey) and hosts that are gone for good are left out. */
export function hostRows(documents: readonly unknown[], records: readonly ActorRecord[], hearing: Hearing): HostRow[] {
	const apps = appRows(records);
	const standings = standingsOf(records);
	const rows = documents.flatMap((document) => {
		const facts = HostFacts.safeParse(document);
		if (!facts.success) return [];
		const { host, voter, witness } = facts.data;
		const { phase, words } = standings.get(host) ?? standingOf(null);
		if (isGone({ phase })) return [];
		return [
			{
				...facts.data,
				role: witness ? ('witness' as const) : voter ? ('votes' as const) : ('follows' as const),
				phase,
				words,
				cordoned: phase !== 'member',
				presence: hearing.presence(host),
				lastSeen: hearing.lastSeen(host),
				skewMs: hearing.skewMs(host),
				apps: apps.filter((app) => app.host === host).length,
			},
		];
	});
	return rows.sort((a, b) => ORDER[a.presence] - ORDER[b.presence] || (a.host < b.host ? -1 : 1));
}

const ORDER: Record<Presence, number> = { offline: 0, stale: 1, online: 2 };
