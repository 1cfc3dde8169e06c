// The voters' machine with its real effects on real nats-servers: it grows, replaces and shrinks, also when it is killed after
// each single thing it does.
import { expect, test } from 'vitest';
import { obeyDemotion } from '../../actors/effects/settle-as-leaf.ts';
import { readMembers } from '../../actors/members.ts';
import { natsStore } from '../../nats/store.ts';
import { begin, type Kill, rest, say } from '../helpers/run-voters.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { startVoterHosts, type VoterHost } from '../helpers/voter-hosts.ts';

async function votersOf(host: VoterHost): Promise<{ group: string[] | null; documents: string[] }> {
	const members = await readMembers(host.kit.documents);
	return {
		group: await host.kit.voters.group(),
		documents: members.filter(({ role }) => role === 'voter').map(({ host: name, install }) => `${name}-${install}`),
	};
}

test('one host becomes three voters; a dead one is replaced; two that leave give their data back to one', async () => {
	await using cluster = await startVoterHosts('alder');
	const alder = cluster.of('alder');
	const store = natsStore(alder.nc, { readDeadlineMs: 20_000 });
	const before = await store.put(sampleRecord('kept'), 0);
	let { live, told } = await rest(cluster, begin());
	expect(told).toEqual(["steady: 1 of 1 hosts hold the cluster's data: alder."]);

	await cluster.join('birch');
	await cluster.join('willow', true);
	({ live, told } = await rest(cluster, say(live, 'voters.check')));
	expect(told).toEqual([
		'promoting: birch becomes a voter because there are 3 hosts now.',
		'promoting: willow becomes a voter because there are 3 hosts now.',
		"replicating: with 3 voters each of 3 hosts holds a copy of the cluster's data.",
		"steady: 3 of 3 hosts hold the cluster's data: alder, birch, willow.",
	]);
	expect(await votersOf(alder)).toEqual({
		group: ['alder-1', 'birch-1', 'willow-1'],
		documents: ['alder-1', 'birch-1', 'willow-1'],
	});

	const cedar = await cluster.join('cedar');
	await cluster.of('birch').power(false);
	({ live, told } = await rest(cluster, say(live, 'voters.check')));
	expect(told.at(-1)).toBe("steady: 3 of 4 hosts hold the cluster's data: alder, cedar, willow.");
	expect(told).toContain('demoting: birch stops being a voter because birch is offline for more than ten minutes.');
	// The dead one returns and sees that its vote was taken.
	await cluster.of('birch').power(true);
	expect(await obeyDemotion(cluster.of('birch').kit)).toBe(2);
	expect(await obeyDemotion(cluster.of('birch').kit)).toBeNull();
	expect((await store.read({ kind: 'install', id: 'kept' }))?.revision).toBe(1);

	({ live, told } = await rest(cluster, say(live, 'voters.exclude', { host: 'birch' })));
	({ live, told } = await rest(cluster, say(live, 'voters.exclude', { host: 'willow' })));
	expect(told.at(-1)).toMatch(/^steady: 1 of 2 hosts holds the cluster's data: (alder|cedar)\.$/);
	const last = told.at(-1)?.includes('alder') ? alder : cedar;
	expect((await votersOf(last)).group).toHaveLength(1);
	expect(await last.kit.voters.data()).toMatchObject({ lowest: 1, highest: 1, settled: true });
	const found = await natsStore(last.nc, { readDeadlineMs: 20_000 }).read({ kind: 'install', id: 'kept' });
	expect({ status: 'committed', revision: found?.revision }).toEqual(before);
}, 240_000);

test('killed after each single thing it does, it goes on where it was', async () => {
	await using cluster = await startVoterHosts('alder');
	const before = await natsStore(cluster.of('alder').nc, { readDeadlineMs: 20_000 }).put(sampleRecord('kept'), 0);
	await cluster.join('birch');
	await cluster.join('cedar');
	const done = new Set<string>();
	const kill: Kill = async (host, effect, call) => {
		const where = `${host.name} ${effect} ${call}`;
		if (done.has(where)) return false;
		done.add(where);
		// The host that changes its own server loses it as well; others would only make everybody wait for an election.
		if (effect === 'promoteHost' || effect === 'settleAsLeaf') await host.reboot();
		return true;
	};
	let { live } = await rest(cluster, begin(), kill);
	expect(live.record.view).toMatchObject({ phase: 'steady', data: { voters: ['alder', 'birch', 'cedar'], copies: 3 } });
	({ live } = await rest(cluster, say(live, 'voters.exclude', { host: 'cedar' }), kill));
	expect(live.record.view).toMatchObject({ phase: 'steady', data: { copies: 1, failure: null } });
	expect(done.size).toBeGreaterThan(25);
	const [last = ''] = live.record.view.data.voters as string[];
	const found = await natsStore(cluster.of(last).nc, { readDeadlineMs: 20_000 }).read({ kind: 'install', id: 'kept' });
	expect({ status: 'committed', revision: found?.revision }).toEqual(before);
}, 300_000);
