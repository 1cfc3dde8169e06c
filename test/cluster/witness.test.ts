// Two hosts and a small device that only votes: any one may die. Taking the device away again is as easy.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VotersData } from '../../machines/voters/contract.ts';
import { eventually } from '../helpers/eventually.ts';
import { type GrownCluster, startGrown } from '../helpers/grown-cluster.ts';

const LIMIT = 180_000;
let cluster: GrownCluster;

beforeAll(async () => {
	cluster = await startGrown('alder');
	await cluster.add('birch', 'alder');
	await cluster.add('willow', 'alder', { witness: true });
}, LIMIT);
afterAll(() => cluster?.[Symbol.asyncDispose](), LIMIT);

test('a witness gives the third vote and gets no apps, also not when it is asked for', { timeout: LIMIT }, async () => {
	await cluster.untilVoters('birch', ['alder', 'birch', 'willow']);
	const { hosts } = await cluster.ask('birch', 'place', { app: 'notes' });
	expect(hosts.find(({ host }) => host === 'willow')).toMatchObject({
		score: null,
		reasons: ['it is a witness: it votes, and runs no apps'],
	});
	const { code, data } = await cluster.cli('birch', 'install', 'notes', '--host', 'willow', '--wait');
	expect({ code, error: data.error?.code ?? data.failure?.code }).toMatchObject({ error: 'NO_SUITABLE_HOST' });
	expect(code).not.toBe(0);
});

test('with it either host may die: the other one goes on taking changes', { timeout: LIMIT }, async () => {
	cluster.kill('alder');
	const { code, data } = await cluster.cli('birch', 'install', 'notes', '--name', 'here', '--wait');
	expect(code, JSON.stringify(data)).toBe(0);
	await cluster.revive('alder');
	await cluster.untilOnline('birch', ['alder']);
});

test('a witness leaves, and two hosts go on with one vote', { timeout: LIMIT }, async () => {
	const { code, data } = await cluster.cli('birch', 'leave', 'willow');
	expect(code, JSON.stringify(data)).toBe(0);
	await eventually('one of the two holds the data', async () => {
		const { actor, data: seen } = await cluster.ask('birch', 'show', { actor: 'voters/cluster' });
		const { voters } = VotersData.parse(seen);
		if (actor.phase === 'steady' && voters.length === 1 && !voters.includes('willow')) return true;
		throw new Error(`${actor.phase}: ${actor.words}`);
	});
	expect((await cluster.cli('birch', 'restart', 'here', '--wait')).code).toBe(0);
});
