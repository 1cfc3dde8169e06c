// Two clusters on one machine: the second gets the ports of a dead host of the first, and they stay two.
import { expect, test } from 'vitest';
import { connectNats, parseJson, request } from '../../nats/connect.ts';
import { type DemoCluster, startDemo } from '../helpers/demo-cluster.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

test('a cluster that got the ports of a killed host of another one neither sees nor disturbs it', {
	timeout: 180_000,
}, async () => {
	await using first = await startDemo();
	await first.create('notes', 'ours', { host: 'birch' });
	await first.untilRest('ours', ['running']);
	await first.plant('ours');
	// Each on its own: whoever chose its ports has ended, and claims them no more.
	await first.stop();
	await Promise.all([...first.hosts.keys()].map((name) => first.revive(name)));
	first.kill('alder', 'both');

	await meetNeighbour(first);
	await first.revive('alder');
	await first.untilRest('ours', ['running']);
	expect(verify(await gather(first))).toEqual([]);
});

async function meetNeighbour(first: DemoCluster): Promise<void> {
	await using second = await startDemo();
	expect(second.host('alder').nats, 'the ports of the dead host are taken').toBe(first.host('alder').nats);
	await second.create('notes', 'theirs', { host: 'birch' });
	await second.untilRest('theirs', ['running']);
	expect(await installsSeenBy(first, 'birch')).toEqual(['install/ours']);
	expect(await installsSeenBy(second, 'birch')).toEqual(['install/theirs']);
	expect(verify(await gather(second))).toEqual([]);
}

/** Asked over that host's own server: a client of the whole cluster could reach the dead host's successor. */
async function installsSeenBy(cluster: DemoCluster, host: string): Promise<string[]> {
	const nc = await connectNats({ servers: [cluster.host(host).nats], name: 'test' });
	try {
		const answer = parseJson((await request(nc, 'covey.q.actors', '{}', { deadlineMs: 10_000 })).data);
		const { actors } = (answer as { data: { actors: { actor: string }[] } }).data;
		return actors.map(({ actor }) => actor).filter((actor) => actor.startsWith('install/'));
	} finally {
		await nc.close();
	}
}
