import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentStream, ensureBuckets } from '../../nats/buckets.ts';
import { sendCommand } from '../../nats/bus.ts';
import { connectNats, type NatsConnection, request } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { natsHeartbeats } from '../../nats/heartbeats.ts';
import { natsJobs } from '../../nats/jobs.ts';
import { natsLinks } from '../../nats/links.ts';
import { saveSnapshot } from '../../nats/snapshot-files.ts';
import { natsStore } from '../../nats/store.ts';
import { timeline } from '../../nats/timeline.ts';
import { eventually } from '../helpers/eventually.ts';
import { startNatsCluster } from '../helpers/nats-cluster.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { type SecureCluster, startSecureCluster } from '../helpers/secure-cluster.ts';

test('a lone voter founds its cluster over TLS, and comes back alone', async () => {
	await using cluster = await startNatsCluster(1, 0, { secure: true });
	const growth = await connectNats({ ...(cluster.servers[0] as (typeof cluster.servers)[0]).own('growth'), name: 'growth' });
	await ensureBuckets(growth, 1);
	await growth.close();
	expect((await natsStore(await cluster.client(0)).put(sampleRecord('a'), 0)).status).toBe('committed');
	await cluster.servers[0]?.stop();
	await cluster.restart(0);
	const again = natsStore(await cluster.client(0), { readDeadlineMs: 20_000 });
	expect((await again.read({ kind: 'install', id: 'a' }))?.record.id).toBe('a');
	expect((await natsDocuments(await cluster.client(0)).put('config', 'x', 1, 0)).status).toBe('committed');
});

describe('three voters and two leaves over TLS', () => {
	let secure: SecureCluster;
	beforeAll(async () => {
		secure = await startSecureCluster();
	}, 120_000);
	afterAll(() => secure?.[Symbol.asyncDispose]());
	const hosts = ['alder', 'birch', 'cedar', 'dogwood', 'elm'];

	test.each(hosts)('%s writes, reads, scans and follows records and documents', async (host) => {
		const nc = await secure.connect(host, host);
		const store = natsStore(nc, { readDeadlineMs: 20_000 });
		const seen = new Promise<string>((resolve) => {
			const cancel = natsStore(nc).watch(({ record }) => {
				if (record.id !== `of-${host}`) return;
				cancel();
				resolve(record.id);
			});
		});
		expect(await store.put(sampleRecord(`of-${host}`), 0)).toMatchObject({ status: 'committed' });
		expect(await store.put(sampleRecord(`of-${host}`), 0)).toEqual({ status: 'conflict' });
		expect((await store.read({ kind: 'install', id: `of-${host}` }))?.record.id).toBe(`of-${host}`);
		await eventually('a scan finds it', async () => (await store.scan()).some(({ record }) => record.id === `of-${host}`));
		expect(await seen).toBe(`of-${host}`);
		expect((await timeline(nc, { kind: 'install', id: `of-${host}` })).records.length).toBe(1);
		const documents = natsDocuments(nc);
		for (const bucket of ['plans', 'hosts', 'config', 'catalogs', 'secrets'] as const) {
			expect(await documents.put(bucket, host, { host }, 0)).toMatchObject({ status: 'committed' });
			expect((await documents.read(bucket, host))?.value).toEqual({ host });
			// Any copy answers, and one may be behind.
			await eventually(`it is listed in ${bucket}`, async () => (await documents.list(bucket)).some(({ key }) => key === host));
		}
	});

	test('commands, questions and jobs reach their host from everywhere', async () => {
		const owner = await natsLinksOf(await secure.connect('elm', 'elm'), 'elm');
		const links = await owner;
		const cancel = links.bus.serve({ kind: 'install', id: 'far' }, async () => ({ ok: true, seq: 7, phase: 'running' }));
		links.question('hosts', async () => ({ ok: true, data: 'from elm' }));
		links.serveJobs({ order: async () => ({ status: 'running' }), retire: async () => undefined });
		try {
			for (const [who, host] of [
				['dogwood', 'dogwood'],
				['alder', 'alder'],
				['ci', 'dogwood'],
				['ci', 'birch'],
				['elm', 'elm'],
			] as const) {
				const nc = await secure.connect(who, host);
				const reply = await sendCommand(nc, { kind: 'install', id: 'far' }, { cmdId: 'a', type: 'install.stop', by: who });
				expect(reply).toEqual({ ok: true, seq: 7, phase: 'running' });
				expect((await request(nc, 'covey.q.hosts', '{}', { deadlineMs: 5_000 })).json()).toEqual({ ok: true, data: 'from elm' });
			}
			const order = {
				key: 'k',
				actor: { kind: 'install', id: 'far' },
				epoch: 1,
				token: 1,
				effect: 'build',
				input: {},
				host: 'elm',
				owner: 'dogwood',
			};
			for (const host of ['dogwood', 'cedar'])
				expect(await natsJobs(await secure.connect(host, host), host).order(order)).toEqual({ status: 'running' });
		} finally {
			cancel();
			await links.close();
		}
	});

	test('a credential follows records on the server of a leaf, and a voter saves a stream', async () => {
		const wall = await secure.connect('wall', 'elm');
		const seen: string[] = [];
		natsStore(wall).watch(({ record }) => void seen.push(record.id));
		const alder = natsStore(await secure.connect('alder', 'alder'), { putDeadlineMs: 10_000 });
		await expect.poll(() => seen.length, { timeout: 10_000 }).toBeGreaterThan(0);
		await alder.put(sampleRecord('seen-from-far'), 0);
		await expect.poll(() => seen, { timeout: 10_000 }).toContain('seen-from-far');
		const file = join(secure.cluster.folder, 'config.snapshot');
		expect((await saveSnapshot(await secure.growth('birch'), documentStream('config'), file)).stream).toBe('KV_covey_config');
	});

	test('every host hears every other one beat', async () => {
		const all = await Promise.all(hosts.map(async (host) => natsLinksOf(await secure.connect(host, host), host)));
		try {
			await Promise.all(
				all.map(async (links, n) => {
					const heard = new Set<string>();
					links.heartbeats.onNews((news) => {
						if (news.type === 'heard') heard.add(news.beat.host);
					});
					const others = hosts.filter((_, other) => other !== n).sort();
					await expect.poll(() => [...heard].sort(), { timeout: 10_000 }).toEqual(others);
					for (const other of others) expect(await links.heartbeats.ping(other)).toBe(true);
				}),
			);
		} finally {
			await Promise.all(all.map((links) => links.close()));
		}
	});

	const natsLinksOf = async (nc: NatsConnection, host: string) =>
		natsLinks(nc, {
			host,
			incarnation: 1,
			version: '0.1.0',
			heartbeats: await natsHeartbeats(
				nc,
				{ servers: [secure.server(host).url], name: host, identity: secure.trust.of(host) },
				{ host, incarnation: 1, machines: ['install@1'], adopting: true },
			),
			onUnreadable: () => undefined,
		});
});
