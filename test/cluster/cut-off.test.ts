// A host that lost the majority of the voters: what runs goes on, what is known is told, nothing is changed and nothing is started
// until the cluster is back; then it obeys its plan first, and tells what it found (C10, V7).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NatsClient, openNatsClient } from '../../nats/client.ts';
import { connectNats, parseJson } from '../../nats/connect.ts';
import { QUESTIONS, type Question, type QuestionOutput } from '../../runtime/api/contract.ts';
import { type DemoCluster, startDemo } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { signalQuietly } from '../helpers/strays.ts';

const LIMIT = 240_000;
let cluster: DemoCluster;
let alone: NatsClient;

beforeAll(async () => {
	cluster = await startDemo();
	alone = await openNatsClient([cluster.host('alder').nats], 'test');
}, LIMIT);

afterAll(async () => {
	await alone?.close();
	await cluster?.[Symbol.asyncDispose]();
});

const OTHERS = ['birch', 'cedar'];
const ask = async <Q extends Question>(question: Q, input: object = {}): Promise<QuestionOutput<Q>> =>
	QUESTIONS[question].output.parse(await alone.ask(question, input)) as never;

test('two of three voters freeze', { timeout: LIMIT }, async () => {
	await cluster.create('notes', 'kept', { host: 'alder' });
	await cluster.create('notes', 'crashed', { host: 'alder' });
	const { url: kept } = await cluster.untilRest('kept', ['running']);
	const { url: crashed } = await cluster.untilRest('crashed', ['running']);
	const keptPid = await pidOf(kept);
	const returned = await listenFor('alder');
	for (const host of OTHERS) cluster.freeze(host);

	// Nothing can be changed: said at once, with what is needed.
	await eventually('alder knows that it is alone', async () => {
		const { quorum, needs } = await ask('hosts');
		const isSo = !quorum && needs?.includes('2 of 3 voting hosts are needed and 1 can be heard; missing: birch, cedar.');
		if (!isSo) throw new Error(`${quorum} ${needs}`);
		return true;
	});
	for (const change of [
		() => alone.command({ kind: 'install', id: 'kept' }, { type: 'install.stop' }),
		() => alone.create('install', { app: 'notes', name: 'new' }),
		() => alone.command({ kind: 'host', id: 'alder' }, { type: 'host.cordon' }),
	])
		await expect(change()).rejects.toMatchObject({
			code: 'NO_QUORUM',
			details: { needed: 2, voters: 3, up: ['alder'], away: ['birch', 'cedar'] },
		});

	// What is known is told, and that it may be old.
	expect((await ask('apps')).apps.map(({ instance, phase }) => [instance, phase])).toEqual([
		['crashed', 'running'],
		['kept', 'running'],
	]);
	expect(alone.staleSince()).toBeLessThan(Date.now());
	expect((await ask('show', { actor: 'install/kept' })).actor.phase).toBe('running');
	const { checks } = await ask('doctor');
	expect(checks.find(({ check }) => check === 'store')).toMatchObject({ status: 'bad', code: 'NO_QUORUM' });
	const page = (await (await fetch(`${cluster.host('alder').http}/api/v1/hosts`)).json()) as { stale?: number };
	expect(page.stale).toBeLessThan(Date.now());

	// An app that crashes now is not started: somebody else might have it.
	signalQuietly(await pidOf(crashed), 'SIGKILL');
	await eventually('the log of the app says why it waits', async () => {
		const unit = await unitOf('crashed');
		return unit.includes('starts nothing until it is back');
	});
	expect(await pidOf(kept)).toBe(keptPid);
	await expect(fetch(`${crashed}/health`)).rejects.toThrow();

	for (const host of OTHERS.toReversed()) cluster.thaw(host);
	const event = await returned.next();
	expect(event).toMatchObject({ host: 'alder', stopped: [] });
	expect((event as { kept: string[] }).kept.toSorted()).toEqual(['crashed', 'kept']);
	await eventually('the crashed app is back', async () => (await pidOf(crashed)) > 0, 60_000);
	expect(await pidOf(kept)).toBe(keptPid);
	await eventually('changes are taken again', async () => (await ask('hosts')).quorum);
	expect(alone.staleSince()).toBeNull();
	await cluster.command('kept', 'install.stop');
	await cluster.untilRest('kept', ['stopped']);
	await returned.close();
});

const pidOf = async (url: string | null): Promise<number> => Number(await (await fetch(`${url}/health`)).text());

/** What the host itself wrote into the app's log. */
async function unitOf(instance: string): Promise<string> {
	return readFileSync(join(cluster.host('alder').data, 'logs', `${instance}.log`), 'utf8');
}

/** The next `host.returned` of that host; the frozen ones tell theirs too. */
async function listenFor(host: string): Promise<{ next(): Promise<unknown>; close(): Promise<void> }> {
	const nc = await connectNats({ servers: [cluster.host(host).nats], name: 'test' });
	const heard = Promise.withResolvers<unknown>();
	nc.subscribe('covey.event.host.returned', {
		callback: (_error, message) => {
			const event = parseJson(message.data) as { host: string };
			if (event.host === host) heard.resolve(event);
		},
	});
	await nc.flush();
	return { next: () => heard.promise, close: () => nc.close() };
}
