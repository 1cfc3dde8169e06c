import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWitnessPage, type WitnessPage } from '../../../runtime/api/witness-page.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { freePorts } from '../../helpers/free-ports.ts';

let fault: string | null = null;
let url: string;
let page: WitnessPage;
const about = { host: 'birch', pin: 'a'.repeat(64) };

beforeAll(async () => {
	const [port] = await freePorts(1);
	url = `http://127.0.0.1:${port}`;
	page = await startWitnessPage({
		bind: '127.0.0.1',
		port,
		host: 'willow',
		version: '0.1.0',
		tls: () => null,
		fault: () => fault,
		standing: async ({ host }) => {
			if (host === 'cedar') throw new CoveyError('STORE_UNAVAILABLE', 'No leader answers.');
			return { standing: 'gone' };
		},
	});
});
afterAll(() => page.stop());

const ask = async (body: string) => {
	const response = await fetch(`${url}/api/v1/join/standing`, { method: 'POST', body });
	return {
		status: response.status,
		...((await response.json()) as { success: boolean; data: unknown; error: { code: string } }),
	};
};

test('it tells how it does', async () => {
	expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok', fault: null, host: 'willow', version: '0.1.0' });
	fault = 'the nats-server is down';
	const sick = await fetch(`${url}/health`);
	expect([sick.status, await sick.json()]).toMatchObject([503, { status: 'degraded', fault }]);
});

test('it tells who asks whether it is a member still', async () => {
	expect(await ask(JSON.stringify(about))).toMatchObject({ status: 200, success: true, data: { standing: 'gone' } });
	expect(await ask(JSON.stringify({ ...about, host: 'cedar' }))).toMatchObject({
		status: 503,
		error: { code: 'STORE_UNAVAILABLE' },
	});
});

test('nonsense is refused, and asked again it answers', async () => {
	for (const body of ['', '{', '{"host":1}', `"${'x'.repeat(10_000)}"`])
		expect(await ask(body)).toMatchObject({ success: false, error: { code: 'BAD_REQUEST' } });
	expect((await fetch(`${url}/api/v1/apps`)).status).toBe(404);
	expect((await ask(JSON.stringify(about))).status).toBe(200);
});
