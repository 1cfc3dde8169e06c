import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectNats, type NatsConnection, request } from '../../nats/connect.ts';
import { startNatsCluster, type TestCluster } from '../helpers/nats-cluster.ts';

let cluster: TestCluster;
let host: NatsConnection;
let asker: NatsConnection;
beforeAll(async () => {
	cluster = await startNatsCluster(1);
	host = await cluster.client(0);
	asker = await connectNats({ servers: [cluster.servers[0]?.url as string], name: 'asker' });
	host.subscribe('echo', { callback: (_, message) => void message.respond(message.headers?.get('Say') || message.data) });
	host.subscribe('silent', { callback: () => {} });
	await host.flush();
}, 60_000);
afterAll(async () => {
	await asker.close();
	await cluster[Symbol.asyncDispose]();
});

const ask = (subject: string, payload: string, options: { deadlineMs: number; headers?: Record<string, string> }) =>
	request(asker, subject, payload, options).then((message) => message.string());

test('each of many requests under way gets its own answer, headers go along', async () => {
	const asked = Array.from({ length: 200 }, (_, n) => `question ${n}`);
	expect(await Promise.all(asked.map((text) => ask('echo', text, { deadlineMs: 10_000 })))).toEqual(asked);
	expect(await ask('echo', 'no', { deadlineMs: 10_000, headers: { Other: 'a', Say: 'é: yes' } })).toBe('é: yes');
});

test('each deadline holds, whatever other requests wait for', async () => {
	const began = performance.now();
	const ended: string[] = [];
	const late = (name: string, deadlineMs: number) =>
		expect(ask('silent', '', { deadlineMs }).finally(() => ended.push(name))).rejects.toMatchObject({
			code: 'TIMEOUT',
			message: `No answer on silent in ${deadlineMs} ms.`,
		});
	await Promise.all([late('third', 600), late('first', 100), late('second', 300), ask('echo', '', { deadlineMs: 200 })]);
	expect(ended).toEqual(['first', 'second', 'third']);
	expect(performance.now() - began).toBeGreaterThanOrEqual(598);
});

test('where nobody listens, the answer comes at once and says what that means', async () => {
	const nobody = { code: 'STORE_UNAVAILABLE', message: 'Nobody is there.' } as const;
	await expect(request(asker, 'nowhere', '', { deadlineMs: 60_000, nobody })).rejects.toMatchObject(nobody);
	await expect(ask('nowhere', '', { deadlineMs: 60_000 })).rejects.toMatchObject({ code: 'NO_ANSWER' });
});

test('what cannot be sent and a closed connection end the wait at once', async () => {
	await expect(ask('echo', 'x'.repeat(2 * 1024 ** 2), { deadlineMs: 60_000 })).rejects.toMatchObject({ code: 'NO_ANSWER' });
	const other = await connectNats({ servers: [cluster.servers[0]?.url as string], name: 'other' });
	const waiting = request(other, 'silent', '', { deadlineMs: 60_000 });
	await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'NO_ANSWER' }), other.close()]);
	await expect(request(other, 'echo', '', { deadlineMs: 60_000 })).rejects.toMatchObject({ code: 'NO_ANSWER' });
});
