// The HTTP side of the questions: envelopes, numbers in query strings, errors with their status.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startHttp } from '../../../runtime/api/http.ts';
import type { Answers } from '../../../runtime/api/questions.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { ownAddress } from '../../../runtime/host/own-address.ts';
import { newAuthority, newKeyAndRequest, SERVER_NAME, sign } from '../../../runtime/trust/ca.ts';
import { freePorts } from '../../helpers/free-ports.ts';

let fault: string | null = null;
let lostSince: number | null = null;
let page: Awaited<ReturnType<typeof startHttp>>;
const asked: unknown[] = [];
const planned: unknown[] = [];

const answers = {
	apps: async () => ({ apps: [] }),
	timeline: async (input: unknown) => {
		asked.push(input);
		return { actor: 'install/notes', steps: [] };
	},
	'plan.install': async (input: unknown) => {
		planned.push(input);
		return {};
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
	page = await startHttp({
		bind: '127.0.0.1',
		port,
		answers,
		fault: () => fault,
		lostSince: () => lostSince,
		version: '1.0.0',
		host: 'alder',
		tls: null,
	});
});

afterAll(() => page.stop());

const get = async (path: string) => {
	const response = await fetch(`${page.url}${path}`);
	return { status: response.status, body: await response.json() };
};

test('an answer of a host without a majority says since when it may be old', async () => {
	lostSince = 1_700_000_000_000;
	onTestFinished(() => {
		lostSince = null;
	});
	expect((await get('/api/v1/apps')).body).toMatchObject({ success: true, data: { apps: [] }, stale: 1_700_000_000_000 });
});

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

test('lists, yes and no, and ports have their place in a query string', async () => {
	planned.length = 0;
	await get('/api/v1/plan.install?app=radarr&with=deluge&recommended=true&ports.web=8080');
	await get('/api/v1/plan.install?app=radarr&with=deluge&with=prowlarr&recommended=false');
	expect(planned).toEqual([
		{ app: 'radarr', with: ['deluge'], recommended: true, ports: { web: 8080 } },
		{ app: 'radarr', with: ['deluge', 'prowlarr'], recommended: false },
	]);
	for (const query of ['app=radarr&recommended=perhaps', 'app=radarr&ports.web=many', 'app=radarr&app=sonarr'])
		expect(await get(`/api/v1/plan.install?${query}`), query).toMatchObject({ status: 400 });
});

test.each(['placement.set?weights=1', 'trash.empty', 'trash.restore?id=x', 'token.list'])(
	'%s is nothing that a link could ask for',
	async (path) => {
		expect((await get(`/api/v1/${path}`)).status).toBe(404);
	},
);

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
	const again = startHttp({ bind: '127.0.0.1', port, answers, fault: () => null, version: '1.0.0', host: 'birch', tls: null });
	await expect(again).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
});

test('beyond loopback it speaks TLS 1.3 only and tells its health, nothing else; on the machine itself it answers questions', async () => {
	const [port = 0] = await freePorts(1);
	const address = ownAddress();
	const authority = await newAuthority('test', Date.now());
	const { key, request: wish } = await newKeyAndRequest();
	const cert = await sign({ authority, request: wish, subject: { type: 'host', host: 'alder', address }, now: Date.now() });
	const far = await startHttp({
		bind: address,
		port,
		answers,
		fault: () => null,
		version: '1.0.0',
		host: 'alder',
		tls: { cert, key },
	});
	onTestFinished(() => far.stop());
	const over = async (path: string, minVersion: 'TLSv1.2' | 'TLSv1.3') => {
		const asking = request(`${far.url}${path}`, {
			ca: authority.certificate,
			servername: SERVER_NAME,
			minVersion,
			maxVersion: minVersion,
		});
		asking.end();
		const [response] = (await once(asking, 'response')) as [IncomingMessage];
		response.resume();
		return response.statusCode;
	};
	expect(await over('/health', 'TLSv1.3')).toBe(200);
	await expect(over('/health', 'TLSv1.2')).rejects.toThrow();
	await expect(fetch(`http://${address}:${port}/health`)).rejects.toThrow();
	if (address !== '127.0.0.1') {
		expect(await over('/api/v1/apps', 'TLSv1.3')).toBe(404);
		expect((await fetch(`http://127.0.0.1:${port}/api/v1/apps`)).status).toBe(200);
	}
});
