// kill -9 at every phase of an install: of the host's process, and of process and nats-server together.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { type DemoCluster, startDemo, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 180_000;
const MAX_TRIES = 5;
let cluster: DemoCluster;

beforeAll(async () => {
	cluster = await startDemo();
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

/** The phases of an install, each with an app that stays in it long enough to be met there: for a build, one that no host has built. */
const PHASES = [
	['queued', 'notes'],
	['validating', 'notes'],
	['configuring', 'notes'],
	['building', null],
	['starting', 'slow-notes'],
	['running', 'notes'],
] as const;

for (const [what, unbuilt] of [
	['host', 'built-notes-1'],
	['both', 'built-notes-2'],
] as const) {
	for (const [phase, app] of PHASES) {
		test(`kill -9 of ${what === 'host' ? 'the process' : 'process and nats-server'} while ${phase}: it runs when the host is back`, {
			timeout: LIMIT,
		}, async () => {
			for (let number = 1; ; number++) {
				const instance = `${what}-${phase}-${number}`;
				const struck = await strike(what, phase, app ?? unbuilt, instance);
				if (struck) break;
				expect(number, `the kill came too late for ${phase}`).toBeLessThan(MAX_TRIES);
			}
		});
	}
}

/** False when the phase was over before its host was dead: phases of a few milliseconds may need another try. */
async function strike(what: 'host' | 'both', phase: string, app: string, instance: string): Promise<boolean> {
	const shoot = cluster.aim(what);
	const met = whenSeen(cluster, { kind: 'install', id: instance }, ({ view }) => view.phase === phase).then((record) => {
		const victim = workplaceOf(record);
		shoot(victim);
		return { record, victim, diedAt: Date.now() };
	});
	await cluster.create(app, instance);
	const { record, victim, diedAt } = await met;
	await cluster.revive(victim);
	const { url } = await cluster.untilRest(instance, ['running'], 120_000);
	await eventually('it serves', async () => (await fetch(`${url}`)).ok, 30_000);
	await cluster.plant(instance);
	const { steps } = await cluster.ask('timeline', { actor: `install/${instance}` });
	return !steps.some(({ seq, at }) => seq > record.seq && at <= diedAt);
}

/** Where the work of the phase is done: on the app's host, before it has one on the owner. */
const workplaceOf = ({ view, owner }: ActorRecord): string => String(view.data.host ?? owner?.host);

test('kill -9 of the process while an install is taken back: nothing is left of it when the host is back', {
	timeout: LIMIT,
}, async () => {
	const shoot = cluster.aim('host');
	const met = whenSeen(cluster, { kind: 'install', id: 'taken-back' }, ({ view }) => view.phase === 'rollingBack').then(
		(record) => {
			shoot(workplaceOf(record));
			return record;
		},
	);
	await cluster.create('sick-notes', 'taken-back');
	await cluster.revive(workplaceOf(await met));
	expect((await cluster.untilRest('taken-back', ['rolledBack'], 60_000)).failure?.code).toBe('UNHEALTHY');
});

test('a host that dies for good before its apps ran: who is retried by a person moves at once, who is left alone after the grace', {
	timeout: LIMIT,
}, async () => {
	const shoot = cluster.aim('both');
	const building = (id: string) => whenSeen(cluster, { kind: 'install', id }, ({ view }) => view.phase === 'building');
	const alone = building('left-alone');
	await cluster.create('built-notes-3', 'left-alone');
	const victim = workplaceOf(await alone);
	const retried = building('retried');
	await cluster.create('built-notes-3', 'retried', { host: victim });
	await retried;
	shoot(victim);

	try {
		await eventually(
			'it waits for its host',
			async () => (await cluster.ask('show', { actor: 'install/retried' })).actor.words.includes('unreachable'),
			60_000,
		);
		await cluster.command('retried', 'install.retry');
		expect((await cluster.untilRest('retried', ['running'], 60_000)).host).not.toBe(victim);

		expect((await cluster.untilRest('left-alone', ['running'], 120_000)).host).not.toBe(victim);
		const { steps } = await cluster.ask('timeline', { actor: 'install/left-alone' });
		const at = (event: string) => steps.find((step) => step.event.includes(event))?.at ?? Number.NaN;
		expect(at('replacementGrace') - at('host.lost')).toBeGreaterThanOrEqual(60_000);
	} finally {
		// The tests after this one need a majority.
		await cluster.revive(victim);
	}
});

test('after a host died its running apps start nowhere else, and are handed back when it returns', {
	timeout: LIMIT,
}, async () => {
	const instance = 'handed-back';
	await cluster.create('notes', instance);
	const victim = String((await cluster.untilRest(instance, ['running'])).host);
	await cluster.plant(instance);
	cluster.kill(victim, 'both');
	await eventually('it is called unreachable', async () => (await cluster.phaseOf(instance)) === 'unreachable', 60_000);
	await cluster.revive(victim);
	expect((await cluster.untilRest(instance, ['running'], 60_000)).host).toBe(victim);
});

test('the verifier finds nothing', { timeout: LIMIT }, async () => {
	for (const { instance } of (await cluster.ask('apps')).apps)
		await cluster.untilRest(instance, ['running', 'rolledBack'], 60_000);
	expect(verify(await gather(cluster))).toEqual([]);
});
