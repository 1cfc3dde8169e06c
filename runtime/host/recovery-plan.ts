// What it means to go on from one host alone: decided and told before anything is changed. Pure.
import { type AppOn, appsOn } from '../../machines/host/apps-on.ts';
import { ageWords } from '../../machines/host/copies.ts';
import { list } from '../../machines/host/survives.ts';
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

/** What a person must know before and must do after. `dataDir` as it is typed in a command. */
export function recoveryWords(plan: RecoveryPlan, now: number, dataDir: string): string[] {
	const { host, forgotten } = plan;
	const names = list(
		forgotten.map((one) => one.host),
		'and',
	);
	return [
		sourceWords(plan, now),
		'',
		'What is lost:',
		`  ${lostChanges(plan)}`,
		`  ${names} ${forgotten.length === 1 ? 'is' : 'are'} forgotten: as members, not only as voters.`,
		...forgotten.map(appsLostWords),
		...(plan.authority === 'kept' ? [] : [`  ${authorityWords(plan)}`]),
		'',
		'What goes on:',
		`  ${plan.appsHere.length === 0 ? `No app was on ${host}.` : `On ${host}: ${list(plan.appsHere, 'and')}.`}`,
		...(plan.placedAnew.length === 0 ? [] : [`  Placed anew, as they had not run yet: ${list(plan.placedAnew, 'and')}.`]),
		plan.authority === 'kept'
			? '  Records with their history, plans, settings, secrets, tokens and credentials.'
			: '  Records with their history, plans, settings and secrets.',
		'',
		`Never let ${names} run again as ${forgotten.length === 1 ? 'it is' : 'they are'}: ${forgotten.length === 1 ? 'it belongs' : 'they belong'} to the old cluster, and would`,
		'change what is yours without this host. What keeps them apart: this host founds a cluster of another',
		'name, its server gets another number, and their certificates and keys are on no list any more.',
		'To bring one back, its disk and apps as well:',
		'  on it    covey leave --abandon',
		`  on ${host.padEnd(5)} covey token`,
		'  on it    covey join TOKEN',
		`What was here before is kept in ${dataDir}/before-recovery-*, until you delete it.`,
	];
}

const namesOf = (apps: readonly AppOn[], host: string, movable: boolean): string[] =>
	apps.filter((app) => app.host === host && app.movable === movable).map(({ instance }) => instance);

function sourceWords({ host, source }: RecoveryPlan, now: number): string {
	const when = `as it was ${ageWords(now - source.asOf)} ago (${new Date(source.asOf).toISOString().slice(0, 19).replace('T', ' ')} UTC)`;
	switch (source.type) {
		case 'store':
			return `${host} can go on alone with the cluster's data in its own store, ${when}.${copiedWords(source)}`;
		case 'copy':
			return source.why === null
				? `${host} has never voted. It can go on alone with its copy of the cluster's data, ${when}.`
				: `${host} can go on alone with its copy of the cluster's data, ${when}. Its own store cannot be used: ${source.why}`;
	}
}

const copiedWords = ({ asOf, copyAsOf, copied }: Extract<RecoverySource, { type: 'store' }>): string =>
	copyAsOf === null || copied.length === 0
		? ''
		: ` Of its copy, ${ageWords(asOf - copyAsOf)} older, ${copied.length === 1 ? 'is' : 'are'}: ${list(copied, 'and')}.`;

const lostChanges = ({ host, source }: RecoveryPlan): string =>
	source.type === 'store'
		? `Changes of the last moments before that, if they had not reached ${host}.`
		: 'Every change after that, also when it was acknowledged.';

function appsLostWords({ host, apps }: RecoveryPlan['forgotten'][number]): string {
	if (apps.length === 0) return `  On ${host}: no app had data.`;
	const [they, their] = apps.length === 1 ? ['It is', 'its data is'] : ['They are', 'their data is'];
	return `  On ${host}: ${list(apps, 'and')}. ${they} shown as lost and started nowhere: ${their} on that disk.`;
}

function authorityWords({ host, credentialsLost }: RecoveryPlan): string {
	const scripts = credentialsLost.length === 0 ? '' : `, nor do the credentials ${list(credentialsLost, 'and')}`;
	return `The key of the cluster's authority: it was on voters only, so ${host} founds a new one. Tokens made before do not work any more${scripts}.`;
}
