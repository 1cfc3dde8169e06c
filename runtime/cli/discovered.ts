// covey hosts --discovered
import type { DiscoveredRow } from '../api/contract.ts';
import { type Column, table } from './format/table.ts';
import { ago } from './format/units.ts';
import type { Session } from './session.ts';

export async function discovered(session: Session): Promise<number> {
	const answer = await session.withClient((client) => client.ask('discovered', {}));
	session.show(answer, () => {
		if (!answer.listening) return 'This host is on loopback only, or its network carries no multicast: it hears nobody.';
		if (answer.hosts.length === 0) return 'No other Covey host is heard on this network.';
		const foreign = answer.hosts.some(({ member }) => !member);
		const lines = [table(columns(Date.now()), answer.hosts, session.width)];
		if (foreign)
			lines.push(
				'',
				'A host of another cluster joins this one with a token: `covey token` here, `covey join -` there, in a new data directory.',
			);
		return lines.join('\n');
	});
	return 0;
}

const columns = (now: number): Column<DiscoveredRow>[] => [
	{ title: 'HOST', text: ({ host }) => host },
	{ title: 'CLUSTER', text: ({ cluster, member }) => (member ? 'this one' : cluster) },
	{ title: 'ADDRESS', text: ({ address, port }) => `${address}:${port}` },
	{ title: 'VERSION', text: ({ version }) => version, drop: 1 },
	{ title: 'HEARD', text: ({ since }) => ago(since, now), drop: 2 },
];
