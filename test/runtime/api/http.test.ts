// The HTTP side of the questions: envelopes, numbers in query strings, errors with their status.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHttp } from '../../../runtime/api/http.ts';
import type { Answers } from '../../../runtime/api/questions.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { freePorts } from '../../helpers/nats-cluster.ts';

let fault: string | null = null;
let page: Awaited<ReturnType<typeof startHttp>>;
const asked: unknown[] = [];

const answers = {
	apps: async () => ({ apps: [] }),
	timeline: async (input: unknown) => {
		asked.push(input);
		return { actor: 'install/notes', steps: [] };
	},
	show: async () => {
		throw new CoveyError('UNKNOWN_ACTOR', 'There is no actor install/nots.', { details: { nearest: ['install/notes'] } });
	},
	hosts: async () => {
		throw new CoveyError('STORE_UNAVAILABLE', 'No leader answers.');
	},
} as unknown as Answers;

beforeAll(async () => {
	const [port = 0] = await freePorts(1);
	page = await startHttp({ bind: '127.0.0.1', port, answers, fault: () => fault, version: '1.0.0', host: 'alder' });
});

afterAll(() => page.stop());

const get = async (path: string) => {
	const response = await fetch(`${page.url}${path}`);
	return { status: response.status, body: await response.json() };
};

test('an answer comes in the envelope', async () => {
	expect(await get('/api/v1/apps')).toEqual({
		status: 200,
		body: { success: true, data: { apps: [] }, error: null, pagination: null },
	});
});

test('numbers of a query string are numbers, and what does not fit is BAD_REQUEST', async () => {
	await get('/api/v1/timeline?actor=install/notes&limit=5');
	expect(asked).toEqual([{ actor: 'install/notes', limit: 5 }]);
	for (const query of ['', '?actor=*', '?actor=install/notes&limit=many', '?actor=install/notes&extra=1'])
		expect(await get(`/api/v1/timeline${query}`), query).toMatchObject({
			status: 400,
			body: { success: false, error: { code: 'BAD_REQUEST' } },
		});
});

test('errors carry their code, what to do, and a fitting status', async () => {
	expect(await get('/api/v1/show?actor=install/nots')).toMatchObject({
		status: 404,
		body: { error: { code: 'UNKNOWN_ACTOR', details: { nearest: ['install/notes'], next: expect.any(String) } } },
	});
	expect((await get('/api/v1/hosts')).status).toBe(503);
	expect((await get('/etc/passwd')).status).toBe(404);
});

test('health tells a supervisor whether changes are possible', async () => {
	expect(await get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
	fault = 'the store accepts no writes';
	expect(await get('/health')).toMatchObject({ status: 503, body: { status: 'degraded', fault } });
});

test('a port that is taken is said so', async () => {
	const port = Number(new URL(page.url).port);
	const again = startHttp({ bind: '127.0.0.1', port, answers, fault: () => null, version: '1.0.0', host: 'birch' });
	await expect(again).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
});
