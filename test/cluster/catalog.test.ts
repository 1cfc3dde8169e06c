// A catalog that somebody adds is known to every host at once; an app from it is exported, and runs without Covey.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type DemoCluster, startDemo } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { freePorts } from '../helpers/free-ports.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 180_000;
let cluster: DemoCluster;
let place = '';

beforeAll(async () => {
	cluster = await startDemo();
	place = join(cluster.folder, '..', 'own');
	mkdirSync(place);
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

/** The notes app of the test catalog under another name. */
const entry = (name: string, more = ''): string =>
	`${readFileSync(join(cluster.folder, '../catalog/notes.yaml'), 'utf8').replace('name: notes\n', `name: ${name}\n`)}${more}`;

test('what one host was given, every host installs in the same moment', { timeout: LIMIT }, async () => {
	const repository = join(place, 'friends');
	mkdirSync(repository);
	writeFileSync(join(repository, 'friends-notes.yaml'), entry('friends-notes'));
	const git = (...args: string[]) =>
		execFileSync('git', ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.org', ...args], { cwd: repository });
	git('init', '--quiet');
	git('add', '--all');
	git('commit', '--quiet', '--message', 'Notes');
	const { code, data } = await cluster.cli('catalog', 'add', `file://${repository}`);
	expect(data).toEqual({ name: 'friends', added: ['friends-notes'], changed: [], dropped: [] });
	expect(code).toBe(0);
	const hosts = [...cluster.hosts.keys()];
	await Promise.all(hosts.map((host) => cluster.create('friends-notes', `notes-${host}`, { host })));
	await Promise.all(hosts.map((host) => cluster.untilRest(`notes-${host}`, ['running'])));
});

test('it is still known to a host that was killed, and cannot be taken out while its apps are there', {
	timeout: LIMIT,
}, async () => {
	cluster.kill('birch', 'host');
	await cluster.revive('birch');
	await cluster.untilRest('notes-birch', ['running']);
	const { data } = await cluster.cli('catalog', 'show', 'friends-notes', '--data', cluster.host('birch').data);
	expect(data).toMatchObject({ app: { catalog: 'friends' }, instances: expect.arrayContaining(['notes-birch']) });
	expect(await cluster.cli('catalog', 'remove', 'friends')).toMatchObject({
		code: 3,
		data: { error: { code: 'CATALOG_IN_USE', message: expect.stringContaining('notes-birch') } },
	});
});

test('an exported app has its data, says how whole it is, and runs from its Compose file alone', { timeout: LIMIT }, async () => {
	await cluster.plant('notes-birch');
	const to = join(place, 'exported');
	const running = await cluster.cli('export', 'notes-birch', '--to', to);
	expect(running).toMatchObject({
		code: 3,
		data: { error: { code: 'NOT_ALLOWED_NOW', message: expect.stringContaining('--stop') } },
	});
	const done = await cluster.cli('export', 'notes-birch', '--to', to, '--stop');
	expect(done.data).toMatchObject({ folder: to, state: 'stopped', copied: { host: 'birch', files: 1, torn: [] } });
	await cluster.untilRest('notes-birch', ['running']);
	const planted = cluster.planted.get('notes-birch') ?? 'nothing';
	expect(readFileSync(join(to, 'data/data/notes.txt'), 'utf8')).toContain(planted);
	expect(readFileSync(join(to, 'README.md'), 'utf8')).toContain('while the app was stopped: it is whole');
	expect(await answerOf(to)).toContain(planted);
	const again = await cluster.cli('export', 'notes-birch', '--to', to, '--live');
	expect(again).toMatchObject({ code: 2, data: { error: { code: 'USAGE' } } });
});

/** Runs the command of the Compose file as its container would: with the folders and the port that the file names. */
async function answerOf(folder: string): Promise<string> {
	const { services } = parse(readFileSync(join(folder, 'compose.yaml'), 'utf8'));
	const { command, environment, ports, volumes } = services['notes-birch'] as {
		command: string[];
		environment?: Record<string, string>;
		ports: string[];
		volumes: string[];
	};
	const [port = 0] = await freePorts(1);
	const inside = ports[0]?.split(':')[1] ?? '';
	const words = command.map((word) => {
		if (word === inside) return String(port);
		const mount = volumes.map((volume) => volume.split(':')).find(([, target]) => target === word);
		return mount ? join(folder, mount[0] ?? '') : word.replace('0.0.0.0', '127.0.0.1');
	});
	const [program = '', ...args] = words;
	const child = spawn(program, args, { env: { ...process.env, ...environment, COVEY_UNIT: 'outside/notes' }, stdio: 'ignore' });
	try {
		return await eventually('it answers', async () => (await fetch(`http://127.0.0.1:${port}/`)).text());
	} finally {
		child.kill('SIGTERM');
	}
}

test('the verifier finds nothing', { timeout: LIMIT }, async () => {
	expect(verify(await gather(cluster))).toEqual([]);
});
