import { createInbox } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { natsBus } from '../../nats/bus.ts';
import { openNatsClient } from '../../nats/client.ts';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import { createService, type Service } from '../../nats/service.ts';
import { createSubject, questionSubject } from '../../nats/subjects.ts';
import { patience } from '../../nats/wait.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { startNatsCluster, type TestCluster } from '../helpers/nats-cluster.ts';

let cluster: TestCluster;
let plain: NatsConnection;
let service: Service;
beforeAll(async () => {
	cluster = await startNatsCluster(1);
	const host = await cluster.client(0);
	service = createService(host, {
		name: 'covey',
		id: 'alder',
		version: '0.1.0',
		description: 'home servers as one',
		metadata: { host: 'alder' },
	});
	createService(host, { name: 'covey', id: 'birch', version: '0.1.0', description: 'home servers as one' });
	service.endpoint('hosts', questionSubject('hosts'), 'q', async () => [{ host: 'alder' }]);
	service.endpoint('plan', questionSubject('plan.install'), 'q', async (payload) => {
		throw new CoveyError('UNKNOWN_APP', `There is no app ${JSON.parse(Buffer.from(payload).toString()).app}.\nReally.`);
	});
	natsBus(service).serve({ kind: 'install', id: 'a' }, async () => ({ ok: true, seq: 1, phase: 'running' }));
	await host.flush();
	// What the public tools use: no credentials, no domain.
	plain = await connectNats({ servers: [cluster.servers[0]?.url as string], name: 'plain' });
}, 60_000);
afterAll(async () => {
	await plain.close();
	await cluster[Symbol.asyncDispose]();
});

const ask = async (subject: string, payload = '') =>
	(await plain.request(subject, payload, { timeout: 5_000 })).json<Record<string, unknown>>();

test('every instance answers a ping of the service by the service protocol', async () => {
	const found: unknown[] = [];
	const inbox = createInbox();
	plain.subscribe(inbox, { callback: (_, message) => void found.push(message.json()) });
	plain.publish('$SRV.PING', '', { reply: inbox });
	await vi.waitFor(() => expect(found).toHaveLength(2), { timeout: 10_000 });
	expect(found).toContainEqual({
		type: 'io.nats.micro.v1.ping_response',
		name: 'covey',
		id: 'alder',
		version: '0.1.0',
		metadata: { host: 'alder' },
	});
});

test('info names the endpoints with their subjects', async () => {
	expect(await ask('$SRV.INFO.covey.alder')).toEqual({
		type: 'io.nats.micro.v1.info_response',
		name: 'covey',
		id: 'alder',
		version: '0.1.0',
		metadata: { host: 'alder' },
		description: 'home servers as one',
		endpoints: [
			{ name: 'hosts', subject: 'covey.q.hosts', queue_group: 'q', metadata: {} },
			{ name: 'plan', subject: 'covey.q.plan.install', queue_group: 'q', metadata: {} },
			{ name: 'command', subject: 'covey.cmd.>', queue_group: '', metadata: {} },
		],
	});
});

test('requests, errors and commands of actors are counted', async () => {
	expect(await ask('covey.q.hosts')).toEqual([{ host: 'alder' }]);
	expect(await ask('covey.cmd.install.a', '{}')).toEqual({ ok: true, seq: 1, phase: 'running' });
	const refused = await plain.request('covey.q.plan.install', '{"app":"x"}', { timeout: 5_000 });
	expect(refused.json()).toMatchObject({ ok: false, error: { code: 'UNKNOWN_APP', next: 'See `covey catalog` for the names.' } });
	expect(refused.headers?.get('Nats-Service-Error')).toBe('UNKNOWN_APP: There is no app x. Really.');
	expect(refused.headers?.get('Nats-Service-Error-Code')).toBe('400');
	const stats = await ask('$SRV.STATS.covey.alder');
	expect(stats).toMatchObject({
		type: 'io.nats.micro.v1.stats_response',
		endpoints: [
			{ name: 'hosts', num_requests: 1, num_errors: 0, last_error: '' },
			{ name: 'plan', num_requests: 1, num_errors: 1, last_error: 'UNKNOWN_APP: There is no app x.\nReally.' },
			{ name: 'command', num_requests: 1, num_errors: 0 },
		],
	});
	expect(new Date(stats['started'] as string).getTime()).toBeGreaterThan(0);
	for (const endpoint of stats['endpoints'] as { processing_time: number; average_processing_time: number }[])
		expect(endpoint.processing_time).toBeGreaterThan(0);
});

test('a wish that was lost with the host it went to is put again soon, with the same cmdId, and answered', async () => {
	const server = await cluster.client(0);
	const heard: string[] = [];
	// Its first hearer is killed before it answers.
	server.subscribe(createSubject('install'), {
		callback: (_, message) => {
			heard.push(message.json<{ cmdId: string }>().cmdId);
			if (heard.length > 1) message.respond(JSON.stringify({ ok: true, seq: 1, phase: 'queued' }));
		},
	});
	await server.flush();
	const client = await openNatsClient([cluster.servers[0]?.url as string], 'test');
	try {
		expect(await client.create('install', { app: 'notes' })).toMatchObject({ ok: true, phase: 'queued' });
		expect(heard).toEqual([heard[0], heard[0]]);
	} finally {
		await client.close();
	}
});

test('the waits for one answer grow: 2 s, 4 s, 8 s', () => {
	expect([0, 1, 2, 3].map(patience)).toEqual([2_000, 4_000, 8_000, 8_000]);
});
