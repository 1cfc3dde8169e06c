import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { metaGroup, routedTo } from '../../nats/monitor.ts';
import { startNatsServer } from '../../nats/server.ts';
import { natsStore } from '../../nats/store.ts';
import { waitUntil } from '../../nats/wait.ts';
import { freePorts } from '../helpers/free-ports.ts';
import { knock, shownSerial } from '../helpers/nats-probe.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { type SecureCluster, startSecureCluster } from '../helpers/secure-cluster.ts';

let secure: SecureCluster;
beforeAll(async () => {
	secure = await startSecureCluster();
}, 120_000);
afterAll(() => secure?.[Symbol.asyncDispose]());

const VOTERS = ['alder', 'birch', 'cedar'];
const reload = (host: string) => secure.server(host).reload(secure.trust.ofServer(host));
const portsOf = (host: string) => {
	const { topology } = secure.server(host);
	if (topology.role !== 'voter') throw new Error(`${host} is no voter`);
	return topology;
};
const reachesStore = (nc: NatsConnection): Promise<boolean> =>
	natsDocuments(nc, 500)
		.list('config')
		.then(
			() => true,
			() => false,
		);

test('a credential that is taken back is cut off at once and for good; the others keep their connections', async () => {
	await secure.trust.add('script', 'operator');
	await secure.reloadAll();
	const [script, ci] = [await secure.connect('script', 'alder'), await secure.connect('ci', 'alder')];
	const events: string[] = [];
	void (async () => {
		for await (const status of ci.status()) events.push(status.type);
	})();
	const cut = new Promise<void>((resolve) => {
		void (async () => {
			for await (const status of script.status()) if (status.type === 'disconnect') resolve();
		})();
	});
	const identity = secure.trust.of('script');
	secure.trust.remove('script');
	await secure.reloadAll();
	await cut;
	for (const host of ['alder', 'cedar', 'dogwood'])
		await expect(
			connectNats({ servers: [secure.server(host).url], name: 'x', identity, only: true, deadlineMs: 2_000 }).then(() => 'in'),
		).rejects.toMatchObject({ code: 'NO_ANSWER' });
	await ci.flush();
	expect(events).not.toContain('disconnect');
	await script.close();
});

test('a leaf that is forgotten is cut off by the voters at once and for good, and let in again when it joins again', async () => {
	const elm = await secure.connect('elm', 'elm');
	const dogwood = await secure.connect('dogwood', 'dogwood');
	expect(await reachesStore(elm)).toBe(true);
	const member = secure.trust.members.get('elm');
	if (!member) throw new Error('no elm');
	secure.trust.remove('elm');
	// Its own server need not agree.
	await Promise.all([...VOTERS, 'dogwood'].map(reload));
	expect(await reachesStore(elm)).toBe(false);
	for (const host of VOTERS) {
		expect(await knock('leaf', portsOf(host).leafPort, member.identity)).toBe('refused');
		expect(await knock('client', portsOf(host).port, member.identity)).toBe('refused');
	}
	expect(await waitUntil(() => reachesStore(dogwood), 10_000)).toBe(true);
	expect(await reachesStore(elm)).toBe(false);

	secure.trust.members.set('elm', member);
	await Promise.all([...VOTERS, 'dogwood'].map(reload));
	expect(await waitUntil(() => reachesStore(elm), 10_000)).toBe(true);
});

test('a new leaf is let in without a restart of anything', async () => {
	await secure.trust.add('fir', 'leaf');
	const disturbed: string[] = [];
	for (const host of ['alder', 'dogwood', 'elm']) {
		const present = await secure.connect(host, host);
		void (async () => {
			for await (const status of present.status()) if (status.type === 'disconnect') disturbed.push(host);
		})();
	}
	const pids = secure.cluster.servers.map(({ pid }) => pid);
	await secure.reloadAll();
	const [port = 0, monitorPort = 0] = await freePorts(2);
	const remotes = VOTERS.map((host) => `127.0.0.1:${portsOf(host).leafPort}`);
	const server = await startNatsServer({
		topology: { role: 'leaf', name: 'fir', install: 1, address: '127.0.0.1', port, monitorPort, remotes },
		folder: join(secure.cluster.folder, 'fir'),
		trust: secure.trust.ofServer('fir'),
	});
	const nc = await connectNats({ servers: [server.url], name: 'fir', identity: secure.trust.of('fir') });
	try {
		expect(await waitUntil(() => reachesStore(nc), 10_000)).toBe(true);
		expect(secure.cluster.servers.map(({ pid }) => pid)).toEqual(pids);
		expect(disturbed).toEqual([]);
	} finally {
		await nc.close();
		await server.stop();
		secure.trust.remove('fir');
		await secure.reloadAll();
	}
});

test('whoever connects while a server takes a new configuration gets in', async () => {
	const server = secure.server('alder');
	const identity = secure.trust.of('ci');
	let over = false;
	const reloads = (async () => {
		while (!over) await reload('alder');
	})();
	const refusals: string[] = [];
	for (let i = 0; i < 60; i++) {
		const name = `test ${i}`;
		await connectNats({ servers: [server.url], name, identity, only: true }).then(
			(nc) => nc.close(),
			(error: Error) => refusals.push(error.message),
		);
	}
	over = true;
	await reloads;
	expect(refusals).toEqual([]);
});

test('a renewed certificate is shown from the reload on', async () => {
	const { certFile } = secure.trust.of('birch');
	const before = new X509Certificate(readFileSync(certFile)).serialNumber;
	const nc = await secure.connect('birch', 'birch');
	await secure.trust.renew('birch');
	await reload('birch');
	expect(new X509Certificate(readFileSync(certFile)).serialNumber).not.toBe(before);
	expect(await shownSerial(portsOf('birch').port, secure.trust.of('birch'))).toBe(
		new X509Certificate(readFileSync(certFile)).serialNumber,
	);
	await nc.flush();
	expect(await reachesStore(nc)).toBe(true);
});

test('a configuration that the server refuses is an error with its reason, and the old one stays', async () => {
	const server = secure.server('cedar');
	const config = join(secure.cluster.folder, 'cedar', 'nats.conf');
	const before = readFileSync(config, 'utf8');
	const trust = secure.trust.ofServer('cedar');
	await expect(server.reload({ ...trust, caFile: `${trust.caFile}.gone` })).rejects.toMatchObject({
		code: 'NATS_SERVER_FAILED',
		message: expect.stringMatching(/refuses its new configuration: .*ca\.pem\.gone/),
	});
	expect(readFileSync(config, 'utf8')).toBe(before);
	await reload('cedar');
});

test('a voter that is no longer pinned loses its routes and cannot open one', async () => {
	const { pin } = secure.trust.members.get('cedar') ?? { pin: '' };
	const without = (host: string) => {
		const trust = secure.trust.ofServer(host);
		return { ...trust, pins: { ...trust.pins, hosts: trust.pins.hosts.filter((one) => one !== pin) } };
	};
	await Promise.all(['alder', 'birch'].map((host) => secure.server(host).reload(without(host))));
	for (const host of ['alder', 'birch']) {
		expect(await knock('route', portsOf(host).clusterPort, secure.trust.of('cedar'))).toBe('refused');
		expect(await waitUntil(async () => !(await routedTo(portsOf(host).monitorPort)).includes('cedar-1'), 10_000)).toBe(true);
	}
	await Promise.all(['alder', 'birch'].map(reload));
	expect(await waitUntil(async () => (await routedTo(portsOf('alder').monitorPort)).includes('cedar-1'), 30_000)).toBe(true);
});

test('a leaf becomes a voter and a leaf again, on the same client port', async () => {
	const [clusterPort = 0, leafPort = 0] = await freePorts(2);
	const leaf = secure.server('dogwood');
	const asLeaf = leaf.topology;
	if (asLeaf.role !== 'leaf') throw new Error('dogwood is a leaf');
	const { name, address, port, monitorPort } = asLeaf;
	const member = secure.trust.members.get('dogwood');
	if (!member) throw new Error('no dogwood');
	const alder = await secure.connect('alder', 'alder');
	const store = natsStore(alder, { putDeadlineMs: 10_000, readDeadlineMs: 20_000 });
	expect((await store.put(sampleRecord('kept'), 0)).status).toBe('committed');
	const nc = await secure.connect('dogwood', 'dogwood');
	const { url } = leaf;

	secure.trust.members.set('dogwood', { ...member, role: 'voter' });
	await Promise.all([...VOTERS, 'elm'].map(reload));
	const routes = [...VOTERS.map((host) => `127.0.0.1:${portsOf(host).clusterPort}`), `127.0.0.1:${clusterPort}`];
	const voter = { role: 'voter', name, install: 2, address, port, monitorPort, clusterPort, leafPort, routes } as const;
	await leaf.reconfigure(voter, secure.trust.ofServer('dogwood'), 'empty');
	expect([leaf.url, leaf.name]).toEqual([url, 'dogwood-2']);
	expect(await waitUntil(async () => (await metaGroup(monitorPort))?.size === 4, 30_000)).toBe(true);
	expect(await waitUntil(() => reachesStore(nc), 20_000)).toBe(true);

	// The others learn its route without a restart.
	const pid = secure.server('alder').pid;
	await secure.server('alder').reconfigure({ ...portsOf('alder'), routes }, secure.trust.ofServer('alder'), 'keep');
	expect(secure.server('alder').pid).toBe(pid);

	const sys = await connectNats({ ...secure.server('alder').own('sys'), name: 'test' });
	const removed = waitUntil(
		() =>
			sys.request('$JS.API.SERVER.REMOVE', JSON.stringify({ peer: 'dogwood-2' }), { timeout: 2_000 }).then(
				(reply) => reply.string().includes('"success":true'),
				() => false,
			),
		20_000,
		500,
	);
	expect(await removed).toBe(true);
	await sys.close();
	secure.trust.members.set('dogwood', member);
	await Promise.all([...VOTERS, 'elm'].map(reload));
	await leaf.reconfigure({ ...asLeaf, install: 3 }, secure.trust.ofServer('dogwood'), 'empty');
	expect(existsSync(join(secure.cluster.folder, 'dogwood', 'store'))).toBe(false);
	expect(await waitUntil(() => reachesStore(nc), 20_000)).toBe(true);
	expect((await store.read({ kind: 'install', id: 'kept' }))?.record.id).toBe('kept');
}, 120_000);

test('a leaf that cannot become a voter stays a leaf, and a stopped server cannot be changed', async () => {
	const leaf = secure.server('elm');
	const { name, address, port, monitorPort } = leaf.topology;
	const { clusterPort } = portsOf('alder');
	const taken = { role: 'voter', name, install: 2, address, port, monitorPort, clusterPort, leafPort: clusterPort } as const;
	await expect(
		leaf.reconfigure({ ...taken, routes: [`127.0.0.1:${clusterPort}`, '127.0.0.1:1'] }, secure.trust.ofServer('elm'), 'keep'),
	).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
	expect(leaf.topology.role).toBe('leaf');
	const nc = await secure.connect('elm', 'elm');
	expect(await waitUntil(() => reachesStore(nc), 20_000)).toBe(true);
	await leaf.stop();
	await expect(reload('elm')).rejects.toMatchObject({ code: 'NATS_SERVER_FAILED' });
});
