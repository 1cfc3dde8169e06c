// What a person must know before a recovery, and do after it. Pure.
import { ageWords } from '../../machines/host/copies.ts';
import { list } from '../../machines/host/survives.ts';
import type { RecoveryPlan, RecoverySource } from './recovery-plan.ts';

export interface Section {
	title: string;
	lines: string[];
}

export function recoveryWords(plan: RecoveryPlan, now: number): Section[] {
	const { host, forgotten } = plan;
	const one = forgotten.length === 1;
	const names = forgotten.map((lost) => lost.host).join(', ');
	return [
		{ title: `What ${host} goes on with, alone`, lines: [sourceWords(plan, now)] },
		{
			title: 'What is lost',
			lines: [
				lostChanges(plan),
				`${names} ${one ? 'is' : 'are'} forgotten: ${one ? 'it is no member' : 'they are no members'} any more.`,
				...forgotten.map(appsLostWords),
				...(plan.authority === 'kept' ? [] : [authorityWords(plan)]),
			],
		},
		{
			title: 'What goes on',
			lines: [
				plan.appsHere.length === 0 ? `No app was on ${host}.` : `Apps on ${host}: ${plan.appsHere.join(', ')}.`,
				...(plan.placedAnew.length === 0 ? [] : [`Placed anew, as they had not run yet: ${plan.placedAnew.join(', ')}.`]),
				`Records with their history, plans, settings${plan.authority === 'kept' ? ', secrets, tokens and credentials' : ' and secrets'}.`,
			],
		},
		{
			title: `Never let ${names} run again as ${one ? 'it is' : 'they are'}`,
			lines: [
				`${one ? 'It belongs' : 'They belong'} to the old cluster, and would change it behind your back. What keeps you apart: ${host} founds a cluster of another name, its server gets another number, and ${one ? 'its certificate and key are' : 'their certificates and keys are'} on no list of it.`,
				`To bring ${one ? 'it' : 'one'} back with its disk and apps: \`covey leave --abandon\` on it, \`covey token\` on ${host}, \`covey join TOKEN\` on it.`,
			],
		},
	];
}

function sourceWords({ source }: RecoveryPlan, now: number): string {
	const when = `as it was ${ageWords(now - source.asOf)} ago (${new Date(source.asOf).toISOString().slice(0, 19).replace('T', ' ')} UTC)`;
	switch (source.type) {
		case 'store':
			return `The cluster's data in its own store, ${when}.${copiedWords(source)}`;
		case 'copy':
			return source.why === null
				? `Its copy of the cluster's data, ${when}. It did not vote, so there is nothing newer.`
				: `Its copy of the cluster's data, ${when}. Its own store cannot be used: ${source.why}`;
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
	if (apps.length === 0) return `On ${host}: no app had data.`;
	const [they, their] = apps.length === 1 ? ['It is', 'its data is'] : ['They are', 'their data is'];
	return `On ${host}: ${apps.join(', ')}. ${they} shown as lost and started nowhere: ${their} on that disk.`;
}

function authorityWords({ host, credentialsLost }: RecoveryPlan): string {
	const scripts = credentialsLost.length === 0 ? '' : `, nor do the credentials ${credentialsLost.join(', ')}`;
	return `The key of the cluster's authority: it was on voters only, so ${host} founds a new one. Tokens made before do not work any more${scripts}.`;
}
