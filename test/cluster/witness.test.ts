// Two hosts and a small device that only votes: any one may die. Taking the device away again is as easy.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VotersData } from '../../machines/voters/contract.ts';
import type { CheckRow, HostRow } from '../../runtime/api/contract.ts';
import { eventually } from '../helpers/eventually.ts';
import { type GrownCluster, startGrown } from '../helpers/grown-cluster.ts';
import { hostPidOf, natsPidOf } from '../helpers/strays.ts';

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

test('it is shown as what it is, and commands work beside it', { timeout: LIMIT }, async () => {
	await cluster.untilOnline('birch', ['willow']);
	const { code, data } = await cluster.cli('willow', 'hosts');
	expect(code, JSON.stringify(data)).toBe(0);
	expect((data.hosts as HostRow[]).find(({ host }) => host === 'willow')).toMatchObject({
		...{ role: 'witness', witness: true, voter: true, presence: 'online', phase: 'member', apps: 0 },
		...{ drivers: [], machines: [], data: [], copyAt: null },
	});
	expect(data.survives[0]).toMatch(/^Any one of the 3 voting hosts alder, birch, willow may die/);
	const doctor = await cluster.cli('willow', 'doctor');
	const bad = (doctor.data.checks as CheckRow[]).filter(({ status, check }) => status !== 'good' && check.includes('willow'));
	expect(bad).toEqual([]);
	expect((await healthOf('willow')).status).toBe('ok');
});

test('killed in whatever part, it votes again, and nobody notices', { timeout: LIMIT }, async () => {
	for (const what of ['nats', 'host', 'both'] as const) {
		const before = natsPidOf(cluster.dataOf('willow'));
		cluster.kill('willow', what);
		if (what !== 'nats') await cluster.revive('willow');
		await eventually(`the nats-server of willow runs anew after ${what} died`, () => {
			const pid = natsPidOf(cluster.dataOf('willow'));
			return pid !== null && pid !== before;
		});
		await cluster.untilOnline('birch', ['willow']);
		await cluster.untilVoters('birch', ['alder', 'birch', 'willow']);
	}
	expect((await cluster.ask('birch', 'show', { actor: 'host/willow' })).actor.phase).toBe('member');
});

test('with it any one may die: the others go on taking changes', { timeout: LIMIT }, async () => {
	cluster.kill('alder');
	const { code, data } = await cluster.cli('birch', 'install', 'notes', '--name', 'here', '--wait');
	expect(code, JSON.stringify(data)).toBe(0);
	await cluster.revive('alder');
	await cluster.untilOnline('birch', ['alder']);
	await cluster.untilVoters('birch', ['alder', 'birch', 'willow']);
	cluster.kill('willow');
	expect((await cluster.cli('birch', 'restart', 'here', '--wait')).code).toBe(0);
	await cluster.revive('willow');
	await cluster.untilOnline('birch', ['willow']);
	await cluster.untilVoters('birch', ['alder', 'birch', 'willow']);
	cluster.kill('birch');
	const beside = await cluster.cli('alder', 'install', 'notes', '--name', 'there', '--wait');
	expect(beside.code, JSON.stringify(beside.data)).toBe(0);
	await cluster.revive('birch');
	await cluster.untilOnline('alder', ['birch', 'willow']);
});

test('a witness leaves, asked for beside it, and two hosts go on with one vote', { timeout: LIMIT }, async () => {
	const { code, data } = await cluster.cli('willow', 'leave', 'willow');
	expect(code, JSON.stringify(data)).toBe(0);
	await eventually('one of the two holds the data', async () => {
		const { actor, data: seen } = await cluster.ask('birch', 'show', { actor: 'voters/cluster' });
		const { voters } = VotersData.parse(seen);
		if (actor.phase === 'steady' && voters.length === 1 && !voters.includes('willow')) return true;
		throw new Error(`${actor.phase}: ${actor.words}`);
	});
	expect((await cluster.cli('birch', 'restart', 'here', '--wait')).code).toBe(0);
	await eventually(
		'it has ended',
		() => hostPidOf(cluster.dataOf('willow')) === null && natsPidOf(cluster.dataOf('willow')) === null,
	);
	expect(await cluster.run('willow', ['up'])).toMatchObject({ code: 'HOST_FORGOTTEN' });
});

test('a witness that is the last one left goes on alone, as an ordinary host', { timeout: LIMIT }, async () => {
	await cluster.add('poplar', 'birch', { witness: true });
	await cluster.untilVoters('birch', ['alder', 'birch', 'poplar']);
	for (const name of ['alder', 'birch', 'poplar']) cluster.kill(name);
	const { code, data } = await cluster.cli('poplar', 'recover', '--yes');
	expect(code, JSON.stringify(data)).toBe(0);
	expect(data).toMatchObject({
		done: true,
		forgotten: [
			{ host: 'alder', apps: ['there'] },
			{ host: 'birch', apps: ['here'] },
		],
		appsHere: [],
	});
	await cluster.revive('poplar');
	await eventually('it is a host like any other', async () => {
		const { quorum, hosts } = await cluster.ask('poplar', 'hosts', {});
		const rows = hosts.map(({ host, witness, drivers }) => ({ host, witness, drivers }));
		expect({ quorum, rows }).toEqual({ quorum: true, rows: [{ host: 'poplar', witness: false, drivers: ['process'] }] });
		return true;
	});
	const { code: installed, data: told } = await cluster.cli('poplar', 'install', 'notes', '--name', 'anew', '--wait');
	expect(installed, JSON.stringify(told)).toBe(0);
	await eventually('what was elsewhere is told to be lost', async () => {
		const { data: lost } = await cluster.ask('poplar', 'show', { actor: 'install/here' });
		expect(lost.failure).toMatchObject({ code: 'HOST_FORGOTTEN', message: expect.stringContaining('disk of birch') });
		return true;
	});
});

async function healthOf(host: string): Promise<{ status: string }> {
	const { http, ca } = cluster.ready(host);
	const asked = request(`${http}/health`, { ca: readFileSync(ca as string), servername: 'covey.internal', agent: false }).end();
	const [response] = await once(asked, 'response');
	return JSON.parse(String(await (response as IncomingMessage).toArray().then(Buffer.concat)));
}
