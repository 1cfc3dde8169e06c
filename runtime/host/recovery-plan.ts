// What it means to go on from one host alone: decided and told before anything is changed. Pure.
import { type AppOn, appsOn } from '../../machines/host/apps-on.ts';
import { CoveyError } from '../engine/errors.ts';
import type { ActorRecord } from '../engine/record.ts';
import type { Member } from '../trust/members.ts';

export type RecoverySource =
	/** This host's own store: everything that had reached it. `asOf`: its last change, ms. Some of it may be of its copy, complete at `copyAsOf`. */
	| { type: 'store'; asOf: number; copyAsOf: number | null; copied: string[] }
	/** Its copy, complete at `asOf`. `why`: what is wrong with its own store, null when it never had one. */
	| { type: 'copy'; asOf: number; why: string | null };

export interface RecoveryFacts {
	host: string;
	members: readonly Member[];
	records: readonly ActorRecord[];
	source: RecoverySource;
	/** The key of the cluster's authority is in what will be restored. */
	hasAuthority: boolean;
	/** Names of credentials that are in use. */
	credentials: readonly string[];
}

export interface RecoveryPlan {
	host: string;
	source: RecoverySource;
	/** Members that are struck off the list. */
	forgotten: { host: string; votes: boolean; apps: string[] }[];
	/** They go on here. */
	appsHere: string[];
	/** They were on their way to a forgotten host and have no data: they are placed anew. */
	placedAnew: string[];
	authority: 'kept' | 'new';
	/** They stop working with the old authority. */
	credentialsLost: string[];
}

/** Throws USAGE when nothing is lost that recovering would bring back. */
export function planRecovery({ host, members, records, source, hasAuthority, credentials }: RecoveryFacts): RecoveryPlan {
	const others = members.filter((member) => member.host !== host && member.forgottenAt === null);
	if (!others.some(({ role }) => role === 'voter'))
		throw new CoveyError(
			'USAGE',
			`${host} has the only vote of its cluster, so nothing has to be recovered: start it with \`covey up\`, and use \`covey forget\` for hosts that are lost.`,
		);
	const apps = appsOn(records);
	const authority = hasAuthority ? 'kept' : 'new';
	return {
		host,
		source,
		forgotten: others
			.map((other) => ({ host: other.host, votes: other.role === 'voter', apps: namesOf(apps, other.host, false) }))
			.sort((one, other) => (one.host < other.host ? -1 : 1)),
		appsHere: apps.filter((app) => app.host === host).map(({ instance }) => instance),
		placedAnew: others.flatMap((other) => namesOf(apps, other.host, true)).sort(),
		authority,
		credentialsLost: authority === 'kept' ? [] : [...credentials].sort(),
	};
}

const namesOf = (apps: readonly AppOn[], host: string, movable: boolean): string[] =>
	apps.filter((app) => app.host === host && app.movable === movable).map(({ instance }) => instance);
