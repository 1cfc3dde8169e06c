import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { connect, headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findNatsServer } from '../../nats/binary.ts';
import { ACTORS, documentStream } from '../../nats/buckets.ts';
import { connectNats, type NatsConnection, request } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { newInbox } from '../../nats/inbox.ts';
import { spawnServer, waitListening } from '../../nats/process.ts';
import { natsStore } from '../../nats/store.ts';
import { freePorts } from '../helpers/free-ports.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { type SecureCluster, startSecureCluster } from '../helpers/secure-cluster.ts';

let secure: SecureCluster;
beforeAll(async () => {
	secure = await startSecureCluster();
	const alder = await secure.connect('alder', 'alder');
	await natsStore(alder, { putDeadlineMs: 10_000 }).put(sampleRecord('kept'), 0);
	await natsDocuments(alder).put('authority', 'ca-key', 'sealed', 0);
	await natsDocuments(alder).put('secrets', 'app', 'sealed', 0);
}, 120_000);
afterAll(() => secure?.[Symbol.asyncDispose]());

const forms = (request: string): string[] => [`$JS.API.${request}`, `$JS.covey.API.${request}`];
const DESTRUCTIVE = [
	`STREAM.DELETE.${ACTORS}`,
	`STREAM.PURGE.${ACTORS}`,
	`STREAM.MSG.DELETE.${ACTORS}`,
	'STREAM.CREATE.other',
	`STREAM.UPDATE.${ACTORS}`,
	'STREAM.RESTORE.other',
	`STREAM.PEER.REMOVE.${ACTORS}`,
	`STREAM.LEADER.STEPDOWN.${ACTORS}`,
	'META.LEADER.STEPDOWN',
	`CONSUMER.CREATE.${documentStream('authority')}.x`,
	`CONSUMER.DELETE.${ACTORS}.x`,
].flatMap(forms);
const SAVING = ['actors', 'authority'].flatMap((bucket) => forms(`STREAM.SNAPSHOT.${documentStream(bucket)}`));
const readingOf = (stream: string): string[] =>
	[`STREAM.MSG.GET.${stream}`, `DIRECT.GET.${stream}`, `DIRECT.GET.${stream}.$KV.covey_authority.ca-key`].flatMap(forms);

const HOST_SUBJECTS = [
	'covey.hb.alder',
	'covey.host.alder.job',
	'covey.host.dogwood.done',
	'covey.view.install.kept',
	'covey.event.host.lost',
	'covey.progress.install.kept',
	'covey.log.alder.app',
	'_INBOX.h.alder.x',
	'_INBOX.c.wall.x',
	'$KV.covey_actors.install.kept',
	'$JS.covey.API.$KV.covey_actors.install.kept',
	'$KV.covey_config.member-alder',
	'$JS.covey.API.$KV.covey_config.member-alder',
	'$SYS.REQ.SERVER.PING',
];
const SECRET_READS = ['secrets', 'authority', 'config'].flatMap((bucket) => readingOf(documentStream(bucket)));
const ADMINISTRATION = ['covey.q.token.create', 'covey.q.credentials.add', 'covey.q.secrets.rotate', 'covey.q.recover'];

describe.each(['alder', 'dogwood'])('on the server of %s', (at) => {
	test('an operator may command and ask, and nothing that only hosts do', async () => {
		const ci = await secure.connect('ci', at);
		expect(await refusedOf(ci, ['covey.cmd.install.kept', 'covey.create.install', 'covey.q.hosts', '$SRV.PING.covey'])).toEqual(
			[],
		);
		const forbidden = [...HOST_SUBJECTS, ...SECRET_READS, ...SAVING, ...DESTRUCTIVE, ...ADMINISTRATION];
		expect(await refusedOf(ci, forbidden)).toEqual(forbidden);
	});

	test('a viewer may ask what changes nothing, and nothing else', async () => {
		const wall = await secure.connect('wall', at);
		expect(await refusedOf(wall, ['covey.q.hosts', 'covey.q.timeline', '$SRV.PING.covey'])).toEqual([]);
		const commands = ['covey.cmd.install.kept', 'covey.create.install', 'covey.q.something.new'];
		const forbidden = [...commands, ...HOST_SUBJECTS, ...SECRET_READS, ...SAVING, ...DESTRUCTIVE, ...ADMINISTRATION];
		expect(await refusedOf(wall, forbidden)).toEqual(forbidden);
		// Told at once, not at the deadline.
		await expect(request(wall, 'covey.create.install', '', { deadlineMs: 3_600_000 })).rejects.toMatchObject({
			code: 'NOT_TRUSTED',
		});
	});

	test('credentials hear the news and their own answers, not commands or the answers to others', async () => {
		for (const who of ['ci', 'wall']) {
			const nc = await secure.connect(who, at);
			const heard = ['covey.view.>', 'covey.progress.>', 'covey.event.>', 'covey.log.>', 'covey.hb.*', `_INBOX.c.${who}.x`];
			expect(await unheardBy(nc, heard)).toEqual([]);
			const other = who === 'ci' ? 'wall' : 'ci';
			const secret = ['>', 'covey.>', 'covey.cmd.>', 'covey.q.hosts', 'covey.host.>', '_INBOX.>', '_INBOX.h.alder.>', '$KV.>'];
			expect(await unheardBy(nc, [...secret, `_INBOX.c.${other}.>`])).toEqual([...secret, `_INBOX.c.${other}.>`]);
			expect((await natsStore(nc).read({ kind: 'install', id: 'kept' }))?.record.id).toBe('kept');
		}
	});

	test('a host cannot purge, delete or change streams, nor listen for another host', async () => {
		const nc = await secure.connect(at, at);
		expect(await refusedOf(nc, DESTRUCTIVE)).toEqual(DESTRUCTIVE);
		const others = ['covey.hb.birch', 'covey.log.birch.app', 'covey.view.install.kept', '$SYS.REQ.SERVER.PING'];
		expect(await refusedOf(nc, others)).toEqual(others);
		expect(await refusedOf(nc, [`covey.hb.${at}`, `covey.log.${at}.app`])).toEqual([]);
		const foreign = ['>', 'covey.host.>', 'covey.host.birch.job', '_INBOX.>', '_INBOX.h.birch.>', '$KV.>', '$JS.>'];
		expect(await unheardBy(nc, foreign)).toEqual(foreign);
	});
});

test('a purge is refused for everybody, by request and by header', async () => {
	const alder = await secure.connect('alder', 'alder');
	const head = headers();
	head.set('Nats-Rollup', 'sub');
	const rolled = await alder.request('$KV.covey_actors.install.kept', '', { headers: head, timeout: 5_000 });
	expect(rolled.json()).toMatchObject({ error: { description: expect.stringMatching(/rollup not permitted/) } });
	const growth = await secure.growth('alder');
	const purged = await growth.request(`$JS.API.STREAM.PURGE.${ACTORS}`, '', { timeout: 5_000 });
	expect(purged.json()).toMatchObject({ error: { description: expect.stringMatching(/purge not permitted/) } });
	expect((await natsStore(alder).read({ kind: 'install', id: 'kept' }))?.record.id).toBe('kept');
});

test("only voters read the authority's key; leaves read the other secrets", async () => {
	for (const host of ['alder', 'birch', 'cedar'])
		expect((await natsDocuments(await secure.connect(host, host)).read('authority', 'ca-key'))?.value).toBe('sealed');
	for (const host of ['dogwood', 'elm'])
		for (const at of [host, 'alder']) {
			const nc = await secure.connect(host, at);
			expect((await natsDocuments(nc).read('secrets', 'app'))?.value).toBe('sealed');
			await expect(natsDocuments(nc, 500).read('authority', 'ca-key')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
			const reads = [...readingOf(documentStream('authority')), ...forms(`STREAM.SNAPSHOT.${documentStream('authority')}`)];
			expect(await refusedOf(nc, reads)).toEqual(reads);
		}
});

test('the growth user is known to its own server only', async () => {
	const own = secure.server('alder').own('growth');
	await expect(
		connectNats({ ...own, servers: [secure.server('birch').url], name: 'test' }).then(() => 'connected'),
	).rejects.toMatchObject({ code: 'NO_ANSWER', message: expect.stringMatching(/Authorization/) });
});

test('a leaf whose own server lets everything pass is still held to its rights by the voters', async () => {
	await secure.server('elm').stop();
	const rogue = await startRogueLeaf('elm');
	try {
		const nc = await connect({ servers: [rogue.url], inboxPrefix: '_INBOX.h.elm' });
		// Its link is up as soon as what it may do works.
		await expect
			.poll(
				() =>
					natsDocuments(nc, 500)
						.read('secrets', 'app')
						.catch(() => null),
				{ timeout: 15_000 },
			)
			.not.toBeNull();
		const alder = await secure.connect('alder', 'alder');
		const heard: string[] = [];
		for (const subject of ['covey.hb.*', 'covey.log.>', 'covey.view.>', 'covey.event.>'])
			alder.subscribe(subject, { callback: (_, message) => void heard.push(message.subject) });
		await alder.flush();
		for (const subject of [
			'covey.hb.birch',
			'covey.log.alder.app',
			'covey.view.install.kept',
			'covey.hb.elm',
			'covey.event.last',
		])
			nc.publish(subject, '{}');
		await expect.poll(() => heard, { timeout: 10_000 }).toContain('covey.event.last');
		expect(heard.sort()).toEqual(['covey.event.last', 'covey.hb.elm']);

		await expect(natsDocuments(nc, 500).read('authority', 'ca-key')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
		for (const subject of forms(`STREAM.PURGE.${ACTORS}`).concat(forms(`STREAM.DELETE.${ACTORS}`)))
			await expect(nc.request(subject, '', { timeout: 500 })).rejects.toThrow();

		// It cannot hear answers meant for other hosts.
		const overheard: string[] = [];
		nc.subscribe('>', { callback: (_, message) => void overheard.push(message.subject) });
		await nc.flush();
		const birch = await secure.connect('birch', 'birch');
		const inbox = newInbox(birch);
		alder.publish(inbox, 'for birch only');
		alder.publish('covey.host.birch.job', '{}');
		alder.publish('covey.event.done', '{}');
		await expect.poll(() => overheard, { timeout: 10_000 }).toContain('covey.event.done');
		expect(overheard).not.toContain(inbox);
		expect(overheard).not.toContain('covey.host.birch.job');
		await nc.close();
	} finally {
		await rogue.stop();
	}
});

/** Those of `subjects` that the server refuses to take. */
async function refusedOf(nc: NatsConnection, subjects: readonly string[]): Promise<string[]> {
	return violations(nc, subjects, (subject) => nc.publish(subject, 'x'));
}

/** Those of `subjects` that the server refuses to deliver. */
async function unheardBy(nc: NatsConnection, subjects: readonly string[]): Promise<string[]> {
	return violations(nc, subjects, (subject) => void nc.subscribe(subject, { callback: () => undefined }));
}

async function violations(nc: NatsConnection, subjects: readonly string[], act: (subject: string) => void): Promise<string[]> {
	let refusals = 0;
	void (async () => {
		for await (const status of nc.status()) if (status.type === 'error') refusals++;
	})();
	const refused: string[] = [];
	for (const subject of subjects) {
		const before = refusals;
		act(subject);
		// The server's refusal comes before its answer to the flush.
		await nc.flush();
		await setImmediate();
		if (refusals > before) refused.push(subject);
	}
	return refused;
}

async function startRogueLeaf(host: string) {
	const [port = 0, monitorPort = 0] = await freePorts(2);
	const folder = join(secure.cluster.folder, `rogue-${host}`);
	const { caFile, certFile, keyFile, seed } = secure.trust.of(host);
	const config = `${folder}.conf`;
	const urls = secure.cluster.servers.flatMap(({ topology }) =>
		topology.role === 'voter' ? [`tls://${topology.address}:${topology.leafPort}`] : [],
	);
	const tls = { cert_file: certFile, key_file: keyFile, ca_file: caFile };
	await writeFile(
		config,
		JSON.stringify({
			server_name: `${host}-1`,
			listen: `127.0.0.1:${port}`,
			http: `127.0.0.1:${monitorPort}`,
			accounts: { COVEY: { users: [{ user: 'open', password: 'open' }] } },
			no_auth_user: 'open',
			leafnodes: { reconnect: '250ms', remotes: [{ urls, account: 'COVEY', nkey: seed, tls }] },
		}),
	);
	const { path } = await findNatsServer();
	const server = await spawnServer(path, { config, log: `${folder}.log`, output: `${folder}.out` });
	await waitListening(server, '127.0.0.1', port, `${host}-1`);
	return { url: `nats://127.0.0.1:${port}`, stop: server.stop };
}
