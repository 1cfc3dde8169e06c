// Who may do what in a real cluster with TLS and keys, as people use it; and that no secret is ever seen where it does not belong.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import { natsDocuments } from '../../nats/documents.ts';
import { inboxPrefix } from '../../nats/inbox.ts';
import { questionSubject } from '../../nats/subjects.ts';
import { demoOperator } from '../../runtime/boot/demo-operator.ts';
import { readSettings } from '../../runtime/host/cluster-settings.ts';
import { sealedVault } from '../../runtime/host/sealed-vault.ts';
import { readCredentialFolder } from '../../runtime/trust/credential-folder.ts';
import { filesOf, type Identity, readIdentity } from '../../runtime/trust/identity.ts';
import { placeOf, Sealed, seal, unseal } from '../../runtime/trust/seal.ts';
import { type DemoCluster, identityOf, startDemo } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { bytesNeedle, filesWith, foundIn, keyNeedle, type Needle, processesWith, textNeedle } from '../helpers/find-secrets.ts';
import { knock } from '../helpers/nats-probe.ts';

const LIMIT = 180_000;
const VOTERS = ['alder', 'birch', 'cedar'];
const LEAF = 'dogwood';
const GUEST = 'guest';
const ADMINISTRATION = ['token.create', 'credentials.add', 'credentials.revoke', 'secrets.rotate'].map(questionSubject);
const APP_SECRET = 'the password of an app';
const PLANTED = 'planted-secret-of-an-app-8c1f';

let cluster: DemoCluster;
let elsewhere: string;
/** Everything the cluster has said on subjects that hosts hear, and everything the command line has printed. */
const overheard: Buffer[] = [];
const tokens: string[] = [];
const seeds: string[] = [];
const connections: NatsConnection[] = [];

beforeAll(async () => {
	elsewhere = mkdtempSync(join(tmpdir(), 'covey-elsewhere-'));
	cluster = await startDemo(4, { secure: true });
	const ear = await connectAs(hostIdentity('alder'), 'alder');
	const news = ['covey.view.>', 'covey.event.>', 'covey.progress.>', 'covey.log.>'];
	for (const subject of [...news, 'covey.cmd.>', 'covey.create.>', 'covey.q.>'])
		ear.subscribe(subject, { callback: (_, message) => void overheard.push(Buffer.from(message.data)) });
	await ear.flush();
}, LIMIT);

afterAll(async () => {
	await Promise.all(connections.map((nc) => nc.close()));
	await cluster?.[Symbol.asyncDispose]();
	rmSync(elsewhere, { recursive: true, force: true });
}, LIMIT);

function trustOf(host: string): Identity {
	const identity = readIdentity(join(cluster.folder, host, 'trust'));
	if (!identity) throw new Error(`${host} has no keys`);
	return identity;
}
const hostIdentity = (host: string) => ({
	...filesOf(join(cluster.folder, host, 'trust')),
	seed: trustOf(host).seed,
	inbox: inboxPrefix({ type: 'host', name: host }),
});

async function connectAs(identity: ReturnType<typeof identityOf>, at: string): Promise<NatsConnection> {
	const nc = await connectNats({ servers: [cluster.host(at).nats], only: true, name: 'test', identity, deadlineMs: 10_000 });
	connections.push(nc);
	return nc;
}

async function cli(...args: string[]) {
	const result = await cluster.cli(...args);
	if (!args.includes('token') || args.includes('list')) overheard.push(Buffer.from(JSON.stringify(result)));
	return result;
}

/** A credential's folder, made by the command. */
async function credential(name: string, role: 'operator' | 'viewer', ...more: string[]): Promise<string> {
	const folder = join(elsewhere, name);
	const { code, data } = await cli('credentials', 'add', name, '--role', role, '--out', folder, ...more);
	expect(code, JSON.stringify(data)).toBe(0);
	seeds.push(readFileSync(join(folder, 'user.nk'), 'utf8').trim());
	return folder;
}

test('a secure demo hands one operator credential to scripts, which commands through every host', {
	timeout: LIMIT,
}, async () => {
	const folders = new Set([...cluster.hosts.values()].map(({ creds }) => creds));
	expect(folders.size).toBe(1);
	const [folder = null] = folders;
	expect(readCredentialFolder(folder ?? '')?.about).toMatchObject({ name: 'operator', role: 'operator' });
	await cluster.create('keeper', 'app', { host: LEAF });
	await cluster.untilRest('app', ['running']);
	const documents = natsDocuments(await connectAs(hostIdentity('alder'), 'alder'));
	expect((await documents.list('config')).map(({ key }) => key)).not.toContain('open-cluster-key');
	for (const host of [...VOTERS, LEAF]) {
		const nc = await connectAs(identityOf(folder), host);
		expect((await nc.request('covey.q.apps', '', { timeout: 10_000 })).json()).toMatchObject({ ok: true });
	}
});

test('a viewer may ask, and can neither command nor let anybody in', { timeout: LIMIT }, async () => {
	const wall = await credential('wall', 'viewer');
	const as = (...args: string[]) => cli(...args, '--data', wall);
	expect((await as('apps')).data.apps).toMatchObject([{ instance: 'app', phase: 'running' }]);
	for (const words of ['install notes', 'stop app', 'token'])
		expect((await as(...words.split(' '))).data.error, words).toMatchObject({ code: 'NOT_TRUSTED' });
	await expectForbidden(wall, ['covey.cmd.install.app', 'covey.cmd.host.dogwood', 'covey.create.install', ...ADMINISTRATION]);
	expect(await cluster.phaseOf('app')).toBe('running');
});

test('an operator commands apps, lets nobody in, and says nothing that only hosts say', { timeout: LIMIT }, async () => {
	const ci = await credential('ci', 'operator', '--data', join(cluster.folder, LEAF));
	const as = (...args: string[]) => cli(...args, '--data', ci);
	expect((await as('restart', 'app', '--wait')).code).toBe(0);
	const ofHosts = ['covey.host.alder.job', 'covey.host.dogwood.ask', '$KV.covey_config.member-alder', 'covey.hb.alder'];
	await expectForbidden(ci, [...ofHosts, ...ADMINISTRATION]);
});

async function expectForbidden(folder: string, subjects: readonly string[]): Promise<void> {
	for (const host of ['alder', LEAF]) {
		const nc = await connectAs(identityOf(folder), host);
		for (const subject of subjects)
			await expect(nc.request(subject, '{}', { timeout: 5_000 }), subject).rejects.toThrow(/permission/i);
	}
}

test('a credential renews itself, and another one cannot renew for it', { timeout: LIMIT }, async () => {
	const [ci, wall] = [join(elsewhere, 'ci'), join(elsewhere, 'wall')];
	const before = readFileSync(join(ci, 'client.pem'), 'utf8');
	expect((await cli('credentials', 'renew', ci)).code).toBe(0);
	expect(readFileSync(join(ci, 'client.pem'), 'utf8')).not.toBe(before);
	expect((await cli('apps', '--data', ci)).code).toBe(0);
	const nc = await connectAs(identityOf(wall), 'alder');
	const stolen = { name: 'ci', request: 'none' };
	expect((await nc.request('covey.q.certificate.renew', JSON.stringify(stolen), { timeout: 10_000 })).json()).toMatchObject({
		ok: false,
	});
});

test('a machine joins with a token on its standard input, and a second one with the same token is refused', {
	timeout: LIMIT,
}, async () => {
	const { data } = await cli('token');
	tokens.push(data.token);
	await cluster.join(GUEST, data.token);
	await eventually('it is a member', async () => (await cluster.ask('hosts')).hosts.some(({ host }) => host === GUEST));
	await expect(cluster.join('other', data.token)).rejects.toThrow(/has let another host in/);
	tokens.push((await cli('token')).data.token);
});

test('a new cluster key reaches everybody, though hosts are killed in the middle, and one is away', {
	timeout: LIMIT,
}, async () => {
	const documents = natsDocuments(await connectAs(hostIdentity('alder'), 'alder'));
	const [old] = trustOf('alder').clusterKeys;
	if (!old) throw new Error('no cluster key');
	await documents.put('secrets', 'planted', seal(old, placeOf('secrets', 'planted'), PLANTED), 0);
	cluster.kill('cedar', 'both');
	const { code, data } = await cli('secrets', 'rotate', '--data', join(cluster.folder, LEAF));
	expect(code, JSON.stringify(data)).toBe(0);
	const { id } = data.keys[0];
	cluster.kill('birch', 'both');
	await Promise.all(['birch', 'cedar'].map((host) => cluster.revive(host)));
	await eventually('every host has it and every value is sealed with it', async () => {
		const { keys } = (await cli('secrets')).data;
		if (keys[0].id === id && keys[0].waiting.length === 0 && keys[1].values === 0) return true;
		throw new Error(JSON.stringify(keys));
	});
	for (const host of [...VOTERS, LEAF, GUEST]) expect(trustOf(host).clusterKeys.map((key) => key.id)).toEqual([id, old.id]);
	const stored = Sealed.parse((await documents.read('secrets', 'planted'))?.value);
	expect(stored.keyId).toBe(id);
	expect(unseal(trustOf(LEAF).clusterKeys, placeOf('secrets', 'planted'), stored)).toBe(PLANTED);
	// The authority's key is among what was sealed anew: it still signs.
	expect((await cli('credentials', 'renew', join(elsewhere, 'ci'))).code).toBe(0);
});

test('a revoked credential is cut off at once on every host, for good', { timeout: LIMIT }, async () => {
	const ci = identityOf(join(elsewhere, 'ci'));
	if (!ci) throw new Error('no credential');
	const open = await Promise.all([...VOTERS, LEAF].map((host) => connectAs(ci, host)));
	const cut = open.map(disconnected);
	expect((await cli('credentials', 'revoke', 'ci', '--data', join(cluster.folder, LEAF))).code).toBe(0);
	await Promise.all(cut);
	for (const host of [...VOTERS, LEAF]) expect(await knock('client', portsOf(host).nats, ci)).toBe('refused');
	expect((await cli('apps', '--data', join(elsewhere, 'ci'))).data.error).toMatchObject({
		code: 'NO_ANSWER',
		message: expect.stringContaining('revoked'),
	});
	expect((await cli('credentials', 'list')).data.credentials).toMatchObject([
		{ name: 'ci', state: 'revoked' },
		{ name: 'wall', state: 'open' },
		{ name: 'operator', state: 'open' },
	]);
});

async function disconnected(nc: NatsConnection): Promise<void> {
	for await (const { type } of nc.status()) if (type === 'disconnect') return;
}

test('a forgotten host cannot come back: not by itself, and not with its keys', { timeout: LIMIT }, async () => {
	cluster.kill(GUEST, 'both');
	expect((await cli('forget', GUEST, '--force')).code).toBe(0);
	const keys = hostIdentity(GUEST);
	const back = expect(cluster.revive(GUEST)).rejects.toThrow(/no member of its cluster any more/);
	await eventually('its key is refused by every voter', async () => {
		for (const host of VOTERS) {
			const { nats, leaf, cluster: route } = portsOf(host);
			const knocks = [knock('client', nats, keys), knock('leaf', leaf, keys), knock('route', route, keys)];
			expect(await Promise.all(knocks), host).toEqual(['refused', 'refused', 'refused']);
		}
		return true;
	});
	await back;
	cluster.kill(GUEST, 'both');
	expect((await cluster.ask('hosts')).hosts.map(({ host }) => host)).not.toContain(GUEST);
});

test('no secret is in the wrong file, on a command line, in what is said, or in what is told', { timeout: LIMIT }, async () => {
	const host = await connectAs(hostIdentity('alder'), 'alder');
	const actors = ['install/app', 'host/alder', 'voters/cluster'].map((actor) => JSON.stringify({ actor }));
	const questions = [
		...['hosts', 'apps', 'actors', 'catalog', 'doctor', 'secrets.status', 'credentials.list', 'token.list'].map((name) => [
			name,
			'',
		]),
		...['show', 'timeline', 'replay'].flatMap((name) => actors.map((actor) => [name, actor])),
		['logs', '{"instance":"app"}'],
	];
	for (const [name = '', input = ''] of questions) {
		const { data } = await host.request(questionSubject(name), input, { timeout: 10_000 });
		expect(data.length, name).toBeGreaterThan(20);
		overheard.push(Buffer.from(data));
	}
	const needles = await secretsOfTheCluster();
	expect(foundIn(Buffer.concat(overheard), needles)).toEqual([]);
	expect(processesWith('cmdline', needles)).toEqual([]);

	const found = filesWith(cluster.folder, needles);
	const allowed =
		/^[a-z]+\/(trust\/(identity\.json|host\.key)|nats\/(passwords\.json|nats\.conf))$|^credentials\/operator\/(client\.key|user\.nk)$/;
	expect(found.filter(({ path }) => !allowed.test(path))).toEqual([]);
	expect(found.filter(({ open }) => open)).toEqual([]);
	// The proof that it can see: each secret is where it belongs, the app has its password, and the store's files are read.
	const password = needles.filter(({ name }) => name === APP_SECRET);
	expect(processesWith('environ', password)).toHaveLength(1);
	expect(new Set(found.flatMap(({ names }) => names)).size).toBeGreaterThan(10);
	expect(
		filesWith(cluster.folder, [textNeedle('record', 'member-alder')]).some(({ path }) => path.includes('/nats/store/')),
	).toBe(true);
	expect(overheard.length).toBeGreaterThan(50);
});

test("the demo's own credential is renewed, made anew when its folder is gone, and stays away when it was revoked", {
	timeout: LIMIT,
}, async () => {
	const folder = join(cluster.folder, 'credentials', 'operator');
	const seed = () => readCredentialFolder(folder)?.keys.seed;
	const first = seed();
	expect(await demoOperator(cluster.folder)).toBe(folder);
	expect(seed()).toBe(first);
	rmSync(folder, { recursive: true });
	expect(await demoOperator(cluster.folder)).toBe(folder);
	expect(seed()).not.toBe(first);
	expect((await cli('apps', '--data', folder)).code).toBe(0);
	await cli('credentials', 'revoke', 'operator');
	expect(await demoOperator(cluster.folder)).toBeNull();
});

const portsOf = (host: string) => {
	const settings = readSettings(join(cluster.folder, host));
	if (!settings) throw new Error(`${host} has no settings`);
	return settings.ports;
};

async function secretsOfTheCluster(): Promise<Needle[]> {
	const documents = natsDocuments(await connectAs(hostIdentity('alder'), 'alder'));
	const alder = trustOf('alder');
	const kept = await sealedVault(documents, async () => alder.clusterKeys).read('app');
	const authority = Sealed.parse((await documents.read('authority', 'ca-key'))?.value);
	const hosts = [...VOTERS, LEAF, GUEST];
	return [
		keyNeedle("the authority's key", unseal(alder.clusterKeys, placeOf('authority', 'ca-key'), authority)),
		textNeedle('a sealed value', PLANTED),
		textNeedle(APP_SECRET, kept?.values['secret.admin'] ?? 'there is none'),
		...alder.clusterKeys.map(({ id, key }) => bytesNeedle(`cluster key ${id}`, key)),
		...tokens.map((token, n) => textNeedle(`token ${n}`, token)),
		...tokens.map((token, n) => textNeedle(`secret of token ${n}`, secretOf(token))),
		...seeds.map((seed, n) => textNeedle(`seed of credential ${n}`, seed)),
		...hosts.map((host) => textNeedle(`seed of ${host}`, trustOf(host).seed)),
		...hosts.map((host) => keyNeedle(`key of ${host}`, trustOf(host).key)),
		...hosts.flatMap((host) =>
			serverSecretsOf(host).map((secret, n) => textNeedle(`secret ${n} of the server of ${host}`, secret)),
		),
	];
}

const secretOf = (token: string): string =>
	Buffer.from(token.replace(/^covey1\./, ''), 'base64url')
		.toString('utf8')
		.split(' ')[3] ?? '';

const serverSecretsOf = (host: string): string[] =>
	Object.values(JSON.parse(readFileSync(join(cluster.folder, host, 'nats', 'passwords.json'), 'utf8')) as Record<string, string>);
