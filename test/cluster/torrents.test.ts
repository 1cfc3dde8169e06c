// Two real apps that are connected by their entries: the page of Flood shows and commands the Transmission it was installed with.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onPath } from '../../actors/drivers/process/programs.ts';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { type DemoCluster, startDemo, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 240_000;
const PROGRAM = 'transmission-daemon';
/** With CI=true nothing is skipped. */
const isMissing = onPath(PROGRAM, process.env['PATH'] ?? '') === null && process.env['CI'] !== 'true';
const HASH = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a';

describe.skipIf(isMissing)(`Flood and Transmission (need ${PROGRAM})`, () => {
	let cluster: DemoCluster;
	let host: string;

	beforeAll(async () => {
		cluster = await startDemo(1);
		host = [...cluster.hosts.keys()][0] ?? '';
	}, LIMIT);

	afterAll(async () => {
		await cluster?.[Symbol.asyncDispose]();
	});

	const urlOf = async (instance: string) => new URL(`${(await cluster.untilRest(instance, ['running'], 120_000)).url}`).origin;

	/** As its page does: the first answer of Flood brings a session. */
	async function flood(path: string, body?: object): Promise<string> {
		const url = await urlOf('flood');
		const session = (await fetch(`${url}/api/auth/verify`)).headers.getSetCookie().map((one) => one.split(';')[0]);
		const answer = await fetch(`${url}/api${path}`, {
			headers: { cookie: session.join('; '), 'content-type': 'application/json' },
			...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
		});
		return answer.text();
	}

	const isConnected = () =>
		eventually('Flood has a client', async () => (await flood('/client/connection-test')).includes('"isConnected":true'));

	test('Flood is installed with Transmission, and what is added in one is in the other', { timeout: LIMIT }, async () => {
		await cluster.create('flood', 'flood', { recommended: true });
		await isConnected();
		const magnet = `magnet:?xt=urn:btih:${HASH}&dn=test`;
		const destination = `${cluster.folder}/${host}/apps/${PROGRAM}/downloads`;
		expect(
			await flood('/torrents/add-urls', { urls: [magnet], destination, tags: [], isBasePath: false, start: false }),
		).toContain(HASH);
		expect((await fetch(`${await urlOf(PROGRAM)}/transmission/rpc`)).status, 'nobody else gets in').toBe(401);
		const { steps } = await cluster.ask('timeline', { actor: 'install/flood' });
		expect(steps.flatMap(({ notes }) => notes.map(({ text }) => text))).toContain(
			`connects flood with ${PROGRAM}: sets FLOOD_OPTION_TRURL, FLOOD_OPTION_TRUSER, FLOOD_OPTION_TRPASS`,
		);
	});

	test('a wish that Flood cannot run with, no client at all, gives way to what was, though its host is killed meanwhile', {
		timeout: LIMIT,
	}, async () => {
		const shoot = cluster.aim('both');
		const isTried = ({ snap }: ActorRecord) => (snap as { value?: unknown }).value === 'trying';
		const met = whenSeen(cluster, { kind: 'install', id: 'flood' }, isTried).then(() => shoot(host));
		await cluster.command('flood', 'install.connect', { uses: [] });
		await met;
		await cluster.revive(host);
		expect((await cluster.untilRest('flood', ['running'], 120_000)).failure?.message).toContain('flood ended with exit code');
		await isConnected();
	});

	test('the verifier finds nothing', { timeout: LIMIT }, async () => {
		expect(verify(await gather(cluster))).toEqual([]);
	});
});
