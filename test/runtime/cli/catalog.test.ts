import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogAnswersOf } from '../../../runtime/api/catalog-answers.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import { type Catalogs, openCatalogs } from '../../../runtime/host/catalogs.ts';
import { realClock } from '../../../runtime/host/real-clock.ts';
import { covey, type FakeClient } from './fake-cluster.ts';

let place = '';
let catalogs: Catalogs;
let client: FakeClient;
beforeAll(async () => {
	place = await mkdtemp(join(tmpdir(), 'covey-catalog-'));
	const documents = memoryDocuments();
	catalogs = openCatalogs({
		clock: realClock,
		documents,
		file: join(place, 'copy.json'),
		folder: null,
		onFailure: () => undefined,
	});
	const answers: { [question: string]: (input: never) => Promise<unknown> } = catalogAnswersOf({
		catalogs,
		documents,
		installed: () => [{ instance: 'films', app: 'radarr' }],
		assertChanges: () => undefined,
		announce: () => undefined,
		now: Date.now,
	});
	client = { ask: async (question: string, input: never) => answers[question]?.(input) };
});
afterAll(async () => {
	catalogs.stop();
	await rm(place, { recursive: true, force: true });
});

test.each([80, 120])('the list, a search and one app fit %i columns', async (columns) => {
	for (const words of [
		'catalog',
		'catalog search photo',
		'catalog --category media',
		'catalog show radarr',
		'catalog show home-assistant',
	]) {
		const { out, exit } = await covey(words, client, columns);
		expect(exit, words).toBe(0);
		for (const line of out.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(columns);
	}
});

test('a search finds apps by all words, those named so first; a category that is not there gets its neighbour', async () => {
	const names = async (words: string) => {
		const { out } = await covey(`${words} --json`, client);
		return (JSON.parse(out) as { apps: { name: string }[] }).apps.map(({ name }) => name);
	};
	expect(await names('catalog search photo')).toEqual(['photoprism', 'immich']);
	expect(await names('catalog search torrent page')).toEqual(['qbittorrent', 'deluge', 'flood']);
	expect((await names('catalog list --category photos')).sort()).toEqual(['immich', 'photoprism']);
	expect((await covey('catalog search zzz', client)).out).toContain('No app of the catalog fits "zzz"');
	const wrong = await covey('catalog --category photo', client);
	expect(wrong).toMatchObject({ exit: 2, err: expect.stringContaining('near to it: photos') });
});

test('one app is shown with what it needs, keeps, uses and serves', async () => {
	const { out } = await covey('catalog show radarr', client);
	for (const words of [
		'a download client (required): qbittorrent, deluge',
		'jellyseerr as movies',
		'lscr.io/linuxserver/radarr:',
		'volume media: the host\'s shared folder "media"',
		'volume config: moves with the app',
		'films',
		'covey plan install radarr',
	])
		expect(out).toContain(words);
	expect((await covey('catalog show portainer', client)).out).toContain('sees /run/podman/podman.sock of the host');
	expect(await covey('catalog show radar', client)).toMatchObject({
		exit: 1,
		err: expect.stringContaining('near to it: radarr'),
	});
});

describe('check', () => {
	const GOOD =
		'schema: 1\nname: notes\ntitle: Notes\nsummary: Notes.\ncategory: notes\nlicense: MIT\nresources: { memory: { min: 1M }, disk: { min: 1M } }\nservices:\n  app:\n    image: docker.io/library/notes:1\n';
	const put = (name: string, text: string): string => {
		const file = join(place, name);
		writeFileSync(file, text);
		return file;
	};

	test('says where something is wrong, with the line itself and what to write instead', async () => {
		const file = put('notes.yaml', GOOD.replace('license', 'licence').replace('memory: { min: 1M }', 'memory: { min: 1 }'));
		const { out, exit } = await covey(`catalog check ${file}`, {}, 80);
		expect(exit).toBe(1);
		expect(out).toContain(`${file}:6:1  licence\n  is not a known field; did you mean license?\n    6 | licence: MIT\n        ^`);
		expect(out).toContain(`${file}:7:24  resources.memory.min\n  must be a size like 256M or 1G`);
		expect(out).toContain('3 things are wrong.');
		const { problems } = JSON.parse((await covey(`catalog check ${file} --json`)).out) as { problems: object[] };
		expect(problems[0]).toMatchObject({ file, line: 1, column: 1, field: 'license' });
	});

	test('knows the apps that come with Covey, also for cycles that only come about together with them', async () => {
		const file = put(
			'notes.yaml',
			`${GOOD}integrations: [{ name: media, words: a media server, required: true, apps: [jellyfin] }]\n`,
		);
		expect(await covey(`catalog check ${file}`)).toMatchObject({ exit: 0, out: 'notes: nothing is wrong.\n' });
		const cycle = `integrations: [{ name: x, words: a thing, required: true, apps: [NEXT] }]\n`;
		mkdirSync(join(place, 'cycle'));
		put('cycle/notes.yaml', GOOD + cycle.replace('NEXT', 'other'));
		put('cycle/other.yaml', GOOD.replace('name: notes', 'name: other') + cycle.replace('NEXT', 'notes'));
		const { out, exit } = await covey(`catalog check ${join(place, 'cycle')}`);
		expect(exit).toBe(1);
		expect(out).toMatch(/notes\.yaml:11:\d+ {2}integrations\.0\n {2}Apps of the catalog require each other/);
		expect(out).toContain('notes requires other (x), other requires notes (x)');
	});

	test('a file that is not there is told; the schema is printed', async () => {
		expect(await covey('catalog check /nowhere.yaml')).toMatchObject({ exit: 2, err: expect.stringContaining('no file') });
		expect(JSON.parse((await covey('catalog schema')).out)).toMatchObject({ title: 'Covey catalog entry' });
	});
});

test('a folder is added, shown, updated and removed', async () => {
	const folder = join(place, 'My Apps');
	const entry = (name: string) =>
		`schema: 1\nname: ${name}\ntitle: ${name}\nsummary: A.\ncategory: notes\nlicense: MIT\nresources: { memory: { min: 1M }, disk: { min: 1M } }\nservices: { app: { image: "docker.io/library/a:1" } }\n`;
	mkdirSync(folder.replace(' ', '-'));
	const path = folder.replace(' ', '-');
	writeFileSync(join(path, 'one.yaml'), entry('one'));
	const add = await covey(`catalog add ${path} --json`, client);
	expect(JSON.parse(add.out)).toMatchObject({ name: 'my-apps', added: ['one'] });
	writeFileSync(join(path, 'one.yaml'), `${entry('one')}notes: [newer]\n`);
	writeFileSync(join(path, 'two.yaml'), entry('two'));
	expect((await covey('catalog update', client)).out).toBe('my-apps: new: two; changed: one.\n');
	expect((await covey('catalog', client, 120)).out).toMatch(/^one +my-apps +container/m);
	for (const columns of [80, 120])
		for (const line of (await covey('catalog sources', client, columns)).out.split('\n'))
			expect([...line].length).toBeLessThanOrEqual(columns);
	writeFileSync(join(path, 'two.yaml'), entry('two').replace('MIT', '').replace('1M', '1'));
	expect(await covey('catalog update my-apps', client)).toMatchObject({
		exit: 1,
		err: expect.stringContaining('my-apps/two.yaml:7:24: resources.memory.min'),
	});
	expect((await covey('catalog remove my-apps', client)).out).toBe('Removed the catalog my-apps: one, two.\n');
	expect((await covey('catalog sources', client)).out).toContain('Only the apps that come with Covey');
});

describe('import', () => {
	const compose = 'services:\n  web:\n    image: nginx:1.29\n    ports: ["8080:80"]\n    privileged: true\n';

	test('prints the entry, and beside it what was not taken over', async () => {
		const file = join(place, 'compose.yaml');
		writeFileSync(file, compose);
		const { out, err, exit } = await covey(`catalog import ${file} --name pages`);
		expect(exit).toBe(0);
		expect(out).toMatch(/^schema: 1\nname: pages\n/);
		expect(err).toContain('services.web.privileged: is not taken over');
		const { notes } = JSON.parse((await covey(`catalog import ${file} --json`)).out) as { notes: { field: string }[] };
		expect(notes.map(({ field }) => field)).toContain('services.web.privileged');
	});

	test('writes a file that check takes, and never over one that is there', async () => {
		const folder = join(place, 'imported');
		mkdirSync(folder);
		writeFileSync(join(place, 'compose.yaml'), compose);
		const words = `catalog import ${join(place, 'compose.yaml')} --name pages --to ${folder}`;
		expect(await covey(words)).toMatchObject({ exit: 0, out: '' });
		expect(await covey(`catalog check ${join(folder, 'pages.yaml')}`)).toMatchObject({ exit: 0 });
		expect(await covey(words)).toMatchObject({ exit: 2, err: expect.stringContaining('exists already') });
		expect(await covey('catalog import /nowhere.yaml')).toMatchObject({ exit: 2 });
	});
});
