// Bad apps, bad disks, bad timing: what fails is taken back and said, and nobody else is harmed.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectNats, parseJson, request } from '../../nats/connect.ts';
import { type DemoCluster, startDemo, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 180_000;
let cluster: DemoCluster;
const acknowledged: { actor: string; seq: number; cmdId?: string }[] = [];

beforeAll(async () => {
	cluster = await startDemo();
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

const ref = (id: string) => ({ kind: 'install', id });

test('an npm package that does not exist: said so, and nothing is left', { timeout: LIMIT }, async () => {
	await cluster.client.create('install', { app: 'nowhere' });
	const { failure } = await cluster.untilRest('nowhere', ['rolledBack']);
	expect(failure?.code).toBe('PACKAGE_NOT_FOUND');
});

test('an app that never becomes healthy is taken back, last step first', { timeout: LIMIT }, async () => {
	await cluster.client.create('install', { app: 'sick-notes' });
	const { failure } = await cluster.untilRest('sick-notes', ['rolledBack']);
	expect(failure?.code).toBe('UNHEALTHY');
	const { steps } = await cluster.ask('timeline', { actor: 'install/sick-notes' });
	expect(steps.map(({ to }) => to).filter((phase, index, all) => phase !== all[index - 1])).toEqual([
		'queued',
		'validating',
		'configuring',
		'building',
		'starting',
		'rollingBack',
		'rolledBack',
	]);
});

test('a disk that is full during a build: taken back, the app beside it goes on', { timeout: LIMIT }, async () => {
	await cluster.client.create('install', { app: 'notes', name: 'beside', host: 'birch' });
	const { url } = await cluster.untilRest('beside', ['running']);
	const building = join(cluster.folder, 'birch', 'building');
	mkdirSync(building, { recursive: true });
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', building]);
	try {
		await cluster.client.create('install', { app: 'tiddlywiki', name: 'too-big', host: 'birch' });
		const { failure } = await cluster.untilRest('too-big', ['rolledBack'], 120_000);
		expect(failure?.code).toBe('DISK_FULL');
		expect((await fetch(`${url}`)).ok).toBe(true);
	} finally {
		await eventually('the small disk is gone', () => {
			execFileSync('umount', [building]);
			return true;
		});
	}
});

test('the same command sent twice with one cmdId is applied once and gets one answer', { timeout: LIMIT }, async () => {
	const nc = await connectNats({ servers: [cluster.host('alder').nats], name: 'test' });
	try {
		const create = JSON.stringify({ cmdId: 'create-twice', app: 'notes', name: 'twice' });
		const answers = await Promise.all(
			[1, 2, 3].map(async () => parseJson((await request(nc, 'covey.create.install', create, { deadlineMs: 10_000 })).data)),
		);
		expect(answers[1]).toEqual(answers[0]);
		expect(answers[2]).toEqual(answers[0]);
		await cluster.untilRest('twice', ['running']);
		const stop = JSON.stringify({ cmdId: 'stop-twice', type: 'install.stop' });
		const replies = await Promise.all(
			[1, 2].map(async () => parseJson((await request(nc, 'covey.cmd.install.twice', stop, { deadlineMs: 10_000 })).data)),
		);
		expect(replies[1]).toEqual(replies[0]);
		acknowledged.push({ actor: 'install/twice', seq: (replies[0] as { seq: number }).seq, cmdId: 'stop-twice' });
		await cluster.untilRest('twice', ['stopped']);
	} finally {
		await nc.close();
	}
});

test('malformed payloads get BAD_REQUEST and change nothing', { timeout: LIMIT }, async () => {
	const before = (await cluster.ask('actors')).actors.map(({ actor, seq }) => `${actor} ${seq}`);
	const nc = await connectNats({ servers: [cluster.host('cedar').nats], name: 'test' });
	try {
		for (const [subject, payload] of [
			['covey.create.install', 'no json'],
			['covey.create.install', '{"app":"notes"}'],
			['covey.create.install', '{"cmdId":"x","app":"../etc"}'],
			['covey.cmd.install.twice', '[]'],
			['covey.cmd.install.twice', '{"cmdId":"y","type":"install.explode"}'],
			['covey.cmd.install.twice', '{"type":"install.start"}'],
			['covey.q.timeline', '{"actor":"*"}'],
			['covey.q.logs', '{"instance":"../x"}'],
		] as const) {
			const reply = parseJson((await request(nc, subject, payload, { deadlineMs: 10_000 })).data);
			expect(reply, `${subject} ${payload}`).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } });
		}
	} finally {
		await nc.close();
	}
	expect((await cluster.ask('actors')).actors.map(({ actor, seq }) => `${actor} ${seq}`)).toEqual(before);
});

test('unknown names come with the nearest ones; a taken name and a taken port are refused', { timeout: LIMIT }, async () => {
	await expect(cluster.client.create('install', { app: 'node-rad' })).rejects.toMatchObject({
		code: 'UNKNOWN_APP',
		details: { nearest: ['node-red'] },
	});
	await expect(cluster.client.create('install', { app: 'notes', host: 'aldr' })).rejects.toMatchObject({ code: 'UNKNOWN_HOST' });
	await expect(cluster.client.create('install', { app: 'notes', name: 'beside' })).rejects.toMatchObject({ code: 'NAME_TAKEN' });
	const { url } = await cluster.untilRest('beside', ['running']);
	const port = Number(new URL(`${url}`).port);
	await cluster.client.create('install', { app: 'notes', name: 'port-thief', host: 'birch', ports: { web: port } });
	const { failure } = await cluster.untilRest('port-thief', ['failed', 'rolledBack']);
	expect(failure?.code).toBe('PORT_IN_USE');
	expect(failure?.message).toMatch(/\d+ is free/);
});

for (const phase of ['building', 'starting'] as const)
	test(`a cancel while ${phase} takes everything back`, { timeout: LIMIT }, async () => {
		const instance = `cancel-${phase}`;
		const met = whenSeen(cluster, ref(instance), ({ view }) => view.phase === phase);
		await cluster.client.create('install', { app: phase === 'building' ? 'verdaccio' : 'slow-notes', name: instance });
		await met;
		await cluster.client.command(ref(instance), { type: 'install.cancel' });
		expect((await cluster.untilRest(instance, ['rolledBack'])).failure?.code).toBe('CANCELLED');
	});

test('a host frozen for 10 s while it installs wakes up and harms nobody', { timeout: LIMIT }, async () => {
	const met = whenSeen(cluster, ref('frozen'), ({ view }) => view.phase === 'starting');
	await cluster.client.create('install', { app: 'slow-notes', name: 'frozen' });
	const { pid, natsPid } = cluster.host(String((await met).view.data.host));
	for (const one of [pid, natsPid as number]) process.kill(one, 'SIGSTOP');
	await eventually(
		'others have it',
		async () => (await cluster.ask('show', { actor: 'install/frozen' })).actor.epoch > 2,
		40_000,
	).finally(() => {
		for (const one of [pid, natsPid as number]) process.kill(one, 'SIGCONT');
	});
	await cluster.untilRest('frozen', ['running'], 90_000);
});

test('the nats-server of a stream leader dies during an install: it goes on', { timeout: LIMIT }, async () => {
	const met = whenSeen(cluster, ref('leaderless'), ({ view }) => view.phase === 'starting');
	await cluster.client.create('install', { app: 'slow-notes', name: 'leaderless' });
	await met;
	const leader = await streamLeader();
	process.kill(Number((await cluster.ask('hosts')).hosts.find(({ host }) => host === leader)?.natsPid), 'SIGKILL');
	await cluster.untilRest('leaderless', ['running'], 90_000);
});

/** The host whose server leads the stream of the records; server names are `<host>-<install>`. */
async function streamLeader(): Promise<string> {
	const nc = await connectNats({ servers: [cluster.host('alder').nats], name: 'test' });
	try {
		const info = parseJson((await request(nc, '$JS.covey.API.STREAM.INFO.KV_covey_actors', '', { deadlineMs: 10_000 })).data);
		return (info as { cluster: { leader: string } }).cluster.leader.replace(/-\d+$/, '');
	} finally {
		await nc.close();
	}
}

test('the verifier finds nothing', { timeout: LIMIT }, async () => {
	expect(verify(await gather(cluster, acknowledged))).toEqual([]);
});
