// covey impact HOST: what happens if it dies.
import type { AppImpact, Impact } from '../api/contract.ts';
import { type Column, table } from './format/table.ts';
import type { Session } from './session.ts';

export async function impact(session: Session, host: string): Promise<number> {
	const answer = await session.withClient((client) => client.ask('impact', { host }));
	session.show(answer, () => lines(session, answer).join('\n'));
	return 0;
}

function lines(session: Session, { host, apps, unharmed, cluster }: Impact): string[] {
	const { paint, width } = session;
	return [
		paint.bold(`If ${host} dies:`),
		'',
		...(apps.length > 0 ? [table(columns(session, host), apps, width)] : [`No app is on ${host}.`]),
		...(apps.some(({ outcome }) => outcome === 'stops' || outcome === 'waits')
			? [`Data of these apps is on the disk of ${host} only; there is no copy elsewhere.`]
			: []),
		unharmed === 0 ? 'No other app is installed.' : `${unharmed} ${unharmed === 1 ? 'app' : 'apps'} on other hosts: unharmed.`,
		'',
		...cluster.words.map((words, index) => (index === 0 && !cluster.majority ? paint.red(words) : words)),
	];
}

const columns = ({ paint }: Session, host: string): Column<AppImpact>[] => [
	{ title: 'NAME', text: ({ instance }) => instance },
	{ title: 'APP', text: ({ app }) => app, drop: 1 },
	{
		title: 'WHAT HAPPENS',
		text: (row) => shortly(row, host),
		paint: (text, { outcome }) => (outcome === 'stops' ? paint.red(text) : outcome === 'placed' ? paint.green(text) : text),
	},
];

function shortly({ outcome, to }: AppImpact, host: string): string {
	switch (outcome) {
		case 'stops':
			return `stops until ${host} is back`;
		case 'placed':
			return `has not run yet: is placed on ${to} after a minute`;
		case 'waits':
			return `waits for ${host}`;
		case 'none':
			return 'is down already';
	}
}
