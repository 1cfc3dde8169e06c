// What happens if a host dies: pure, over what is known of hosts and apps.
import type { AppOn } from './apps-on.ts';
import { majorityOf } from './quorum.ts';
import { list, noneOf, type Standby, survivesWords } from './survives.ts';

export interface ImpactInput {
	host: string;
	/** All members, `host` too. */
	hosts: readonly Standby[];
	/** Every installed app. */
	apps: readonly AppOn[];
	/** The host that would take an app if `host` were gone, or null. */
	placeElsewhere(app: AppOn): string | null;
}

export interface AppImpact {
	instance: string;
	app: string;
	/** `stops`: until the host returns; `placed`: elsewhere, it had not run; `waits`: for the host or a person; `none`: it is down already. */
	outcome: 'stops' | 'placed' | 'waits' | 'none';
	to: string | null;
	words: string;
}

export interface ClusterImpact {
	/** Whether a majority of the voters is left. */
	majority: boolean;
	voters: number;
	needed: number;
	left: string[];
	/** Hosts any of which must not die as well while it is away; empty when one more may. */
	mustNotDieNext: string[];
	words: string[];
}

export interface Impact {
	host: string;
	apps: AppImpact[];
	/** Apps elsewhere: nothing happens to them. */
	unharmed: number;
	cluster: ClusterImpact;
}

export function impactOf(input: ImpactInput): Impact {
	const here = input.apps.filter(({ host }) => host === input.host);
	return {
		host: input.host,
		apps: here.map((app) => appImpact(app, input)),
		unharmed: input.apps.length - here.length,
		cluster: clusterImpact(input),
	};
}

function appImpact(app: AppOn, { placeElsewhere }: ImpactInput): AppImpact {
	const { instance, app: name, host, phase } = app;
	const common = { instance, app: name, to: null };
	const only = `its data is only on the disk of ${host}`;
	if (phase === 'unreachable') return { ...common, outcome: 'none', words: `It is down already: ${only}.` };
	if (phase === 'error' && !app.movable)
		return { ...common, outcome: 'stops', words: `It does not run well now; ${only}, there is no copy elsewhere.` };
	if (phase === 'stopped')
		return { ...common, outcome: 'waits', words: `It is stopped, and cannot be started until ${host} is back: ${only}.` };
	if (app.movable) {
		const to = placeElsewhere(app);
		return to
			? { ...common, to, outcome: 'placed', words: `It has not run yet: it would be placed on ${to} after a minute.` }
			: { ...common, outcome: 'waits', words: `It has not run yet, and no other host can take it: it waits for ${host}.` };
	}
	if (['queued', 'validating', 'configuring', 'building'].includes(phase))
		return { ...common, outcome: 'waits', words: `It has not run yet, and a person chose ${host}: it waits for it.` };
	return { ...common, outcome: 'stops', words: `It stops until ${host} is back: ${only}, there is no copy elsewhere.` };
}

function clusterImpact({ host, hosts }: ImpactInput): ClusterImpact {
	const voters = hosts.filter(({ voter }) => voter);
	const needed = majorityOf(voters.length);
	const left = voters.filter((one) => one.host !== host && one.presence === 'online').map((one) => one.host);
	const majority = left.length >= needed;
	const mustNotDieNext = majority && left.length === needed ? left : [];
	const after = hosts.map((one) => (one.host === host ? { ...one, presence: 'offline' as const } : one));
	const votes = voters.some((one) => one.host === host);
	return {
		majority,
		voters: voters.length,
		needed,
		left,
		mustNotDieNext,
		words: clusterWords(host, votes, { majority, left, needed, mustNotDieNext }, voters.length, survivesWords(after)),
	};
}

function clusterWords(
	host: string,
	votes: boolean,
	{ majority, left, needed, mustNotDieNext }: Pick<ClusterImpact, 'majority' | 'left' | 'needed' | 'mustNotDieNext'>,
	voters: number,
	survives: string[],
): string[] {
	if (!majority) {
		const rest =
			left.length === 0
				? 'no voting host is left'
				: `${needed} of ${voters} voting hosts are needed, and only ${list(left, 'and')} ${left.length === 1 ? 'is' : 'are'} left`;
		return [
			`Nothing can be changed until ${votes ? host : 'a voting host'} is back: ${rest}.`,
			'Apps on other hosts go on running; what is known is still shown.',
		];
	}
	const goesOn = votes
		? `The cluster keeps its majority (${list(left, 'and')}): changes go on, after up to ten seconds.`
		: `${host} has no vote: the cluster goes on unharmed.`;
	if (voters === 1) return [goesOn, ...survives.slice(0, 1)];
	return mustNotDieNext.length > 0
		? [goesOn, `While it is away, ${noneOf(mustNotDieNext)} may die: then nothing can be changed until one is back.`]
		: [goesOn, 'One more voting host may die meanwhile.'];
}
