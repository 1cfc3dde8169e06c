import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installKind } from '../../machines/install/kind.ts';
import { ensureBuckets } from '../../nats/buckets.ts';
import { type NatsConnection, parseJson } from '../../nats/connect.ts';
import { type NatsLinks, natsLinks } from '../../nats/links.ts';
import { nearHeartbeats } from '../../nats/near-heartbeats.ts';
import { questionSubject } from '../../nats/subjects.ts';
import { QUESTIONS, type Question } from '../../runtime/api/contract.ts';
import { type Answers, answerQuestion } from '../../runtime/api/questions.ts';
import { createEngine, type Engine } from '../../runtime/engine/engine.ts';
import type { HeartbeatNews, JobOrder } from '../../runtime/engine/ports.ts';
import { realClock } from '../../runtime/host/real-clock.ts';
import { startNatsCluster, type TestCluster } from '../helpers/nats-cluster.ts';

let cluster: TestCluster;
let links: NatsLinks;
let engine: Engine;
let stranger: NatsConnection;
const heard: HeartbeatNews[] = [];

beforeAll(async () => {
	cluster = await startNatsCluster(1);
	const nc = await cluster.client(0);
	await ensureBuckets(nc, 1);
	const self = { host: 'alder', incarnation: 1, machines: ['install@1'] };
	links = natsLinks(nc, {
		...self,
		version: '0.1.0',
		heartbeats: nearHeartbeats(nc, { ...self, adopting: true }),
		onUnreadable: () => undefined,
	});
	links.heartbeats.onNews((news) => heard.push(news));
	engine = createEngine({
		...self,
		clock: realClock,
		store: links.store,
		bus: links.bus,
		jobs: links.jobs,
		peers: { alive: () => [{ ...self, adopting: true }], isDead: () => false, settled: () => true, onChange: () => () => {} },
		rng: Math.random,
		kinds: [installKind],
		observe: () => {},
	});
	await engine.start();
	const answers = new Proxy({}, { get: () => async () => ({ asked: true }) }) as Answers;
	for (const question of Object.keys(QUESTIONS) as Question[])
		links.question(question, (payload) => answerQuestion(answers, question, payload, null));
	links.serveJobs({ order: async () => ({ status: 'running' }), retire: async () => undefined });
	links.serveAsk(async () => ({ lines: [] }));
	const made = await engine.create('install', 'a', { app: 'x', pinnedHost: null, ports: {} }, { cmdId: 'make', by: 'test' });
	expect(made).toMatchObject({ ok: true });
	stranger = await cluster.client(0);
}, 60_000);
afterAll(async () => {
	await engine?.stop();
	await links?.close();
	await cluster?.[Symbol.asyncDispose]();
});

const ORDER: JobOrder = {
	key: 'k',
	actor: { kind: 'install', id: 'a' },
	epoch: 1,
	token: 1,
	effect: 'build',
	input: {},
	host: 'alder',
	owner: 'alder',
};
const SAMPLES: { [subject: string]: object } = {
	'covey.cmd.install.a': { cmdId: 'c', type: 'install.cancel', by: 'x' },
	...Object.fromEntries(Object.keys(QUESTIONS).map((question) => [questionSubject(question), { actor: 'install/a', app: 'x' }])),
	'covey.host.alder.job': ORDER,
	'covey.host.alder.retire': { actor: ORDER.actor, epoch: 1, live: [], seq: 1 },
	'covey.host.alder.done': { actor: ORDER.actor, key: 'k', token: 1, result: { status: 'done', output: null, notes: [] } },
	'covey.host.alder.ask': { type: 'jobs', actor: 'install/a' },
	'covey.host.alder.ping': {},
	'covey.host.alder.observe': {},
};

/** Noise, JSON of any shape, and a right message with one field spoilt. */
const payloadLike = (sample: object): fc.Arbitrary<Uint8Array> => {
	const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value) ?? '');
	const spoilt = fc
		.tuple(fc.constantFrom('', ...Object.keys(sample)), fc.jsonValue({ maxDepth: 3 }))
		.map(([field, value]) => text(field === '' ? sample : { ...sample, [field]: value }));
	const named = fc
		.constantFrom('__proto__', 'constructor', 'toString', 'install.cancel\u0000', 'xstate.stop', 'xstate.init')
		.map((type) => text({ ...sample, type, actor: `${type}/${type}` }));
	return fc.oneof(fc.uint8Array({ maxLength: 2_000 }), fc.jsonValue().map(text), spoilt, named);
};

test('every request of any shape is answered with data or an error, and the next one too', async () => {
	const requests = fc
		.constantFrom(...Object.keys(SAMPLES))
		.chain((subject) => payloadLike(SAMPLES[subject] ?? {}).map((payload) => ({ subject, payload })));
	await fc.assert(
		fc.asyncProperty(fc.array(requests, { minLength: 10, maxLength: 30 }), async (wave) => {
			const answers = await Promise.all(
				wave.map(({ subject, payload }) => stranger.request(subject, payload, { timeout: 10_000 })),
			);
			for (const answer of answers) expect(parseJson(answer.data)).not.toBeNull();
		}),
		{ numRuns: 40 },
	);
	const reply = await stranger.request('covey.host.alder.job', JSON.stringify(ORDER), { timeout: 5_000 });
	expect(reply.json()).toEqual({ status: 'running' });
}, 90_000);

test('news of any shape are taken for what they are: a host that does not exist is not heard, nor a record that was not committed', async () => {
	const subjects = ['covey.hb.birch', 'covey.hb.alder', 'covey.view.install.a', 'covey.view.install.ghost', 'covey.view.x'];
	await fc.assert(
		fc.asyncProperty(
			fc.constantFrom(...subjects),
			payloadLike({ host: 'birch', incarnation: 'one', at: 1, machines: [], adopting: true, blinked: 'no' }),
			async (subject, payload) => stranger.publish(subject, payload),
		),
		{ numRuns: 500 },
	);
	await stranger.flush();
	const beat = { host: 'cedar', incarnation: 1, at: Date.now(), machines: [], adopting: true, blinked: false };
	stranger.publish('covey.hb.cedar', JSON.stringify(beat));
	await expect
		.poll(() => heard.map((news) => (news.type === 'heard' ? news.beat.host : '')), { timeout: 5_000 })
		.toContain('cedar');
	expect(heard.filter((news) => news.type === 'heard' && news.beat.host === 'birch')).toEqual([]);
	expect(engine.index().has('install/ghost')).toBe(false);
	const stored = await links.store.read({ kind: 'install', id: 'a' });
	expect(engine.index().get('install/a')?.revision).toBeLessThanOrEqual(stored?.revision ?? 0);
});
