import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packSources, unpackSources } from '../../../catalog/added-catalog.ts';
import { type CatalogAnswerParts, catalogAnswersOf } from '../../../runtime/api/catalog-answers.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import { openCatalogs } from '../../../runtime/host/catalogs.ts';
import { realClock } from '../../../runtime/host/real-clock.ts';
import { eventually } from '../../helpers/eventually.ts';

let folder = '';
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'covey-catalogs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const entry = (name: string, more = '') => `schema: 1
name: ${name}
title: ${name}
summary: Only for tests.
category: test
license: MIT
resources: { memory: { min: 16M }, disk: { min: 1M } }
services:
  app: { image: "docker.io/library/app:1.0" }
${more}`;
const GIT = { type: 'git', url: 'https://example.org/apps.git', branch: null, folder: '', commit: 'abc' } as const;
const packOf = (...entries: [name: string, more?: string][]): string =>
	packSources(entries.map(([name, more]) => ({ file: `${name}.yaml`, text: entry(name, more) }))).pack;

const documents = () => memoryDocuments();
type Store = ReturnType<typeof documents>;
const host = (store: Store, name: string, failures: unknown[] = []) =>
	openCatalogs({
		clock: realClock,
		documents: store,
		file: join(folder, `${name}.json`),
		folder: null,
		onFailure: (thrown) => failures.push(thrown),
	});
const asked = (store: Store, catalogs: ReturnType<typeof host>, more: Partial<CatalogAnswerParts> = {}) =>
	catalogAnswersOf({
		catalogs,
		documents: store,
		installed: () => [],
		assertChanges: () => undefined,
		announce: () => undefined,
		now: () => 1,
		...more,
	});

test('a catalog that one host adds is known to another, and after a restart without the store', async () => {
	const store = documents();
	const [alder, birch] = [host(store, 'alder'), host(store, 'birch')];
	const { change } = await asked(store, alder)['catalogs.put']({
		name: 'friends',
		origin: GIT,
		pack: packOf(['one'], ['two']),
		replace: false,
		by: 'anna',
	});
	expect(change).toEqual({ name: 'friends', added: ['one', 'two'], changed: [], dropped: [] });
	expect(alder.catalog.get('one')?.title).toBe('one');
	expect(birch.catalog.get('one')).toBeUndefined();
	await birch.refresh();
	expect(birch.catalog.get('two')?.title).toBe('two');
	expect(birch.originOf('two')).toBe('friends');
	expect(birch.originOf('jellyfin')).toBe('covey');
	birch.stop();
	const failures: unknown[] = [];
	const alone = host({ ...store, list: () => Promise.reject(new Error('away')) }, 'birch', failures);
	expect(alone.catalog.get('two')?.title).toBe('two');
	await eventually('the failure is told', () => failures.length === 1);
	alone.stop();
	alder.stop();
});

test('a copy that is damaged is told and made again', async () => {
	const store = documents();
	const alder = host(store, 'alder');
	await asked(store, alder)['catalogs.put']({ name: 'friends', origin: GIT, pack: packOf(['one']), replace: false, by: 'anna' });
	alder.stop();
	writeFileSync(join(folder, 'alder.json'), '[{"half');
	const failures: unknown[] = [];
	const again = host(store, 'alder', failures);
	expect(failures).toHaveLength(1);
	await again.refresh();
	expect(again.catalog.get('one')).toBeDefined();
	expect(readFileSync(join(folder, 'alder.json'), 'utf8')).toContain('friends');
	again.stop();
});

test.each([
	[
		'an entry that is wrong',
		packOf(['one', 'colour: red']),
		'BAD_CATALOG',
		/friends\/one\.yaml:\d+:1: colour: is not a known field/,
	],
	[
		'the name of an app that comes with Covey',
		packOf(['jellyfin']),
		'BAD_CATALOG',
		/"jellyfin" is the name of .*jellyfin\.yaml already/,
	],
	[
		'an integration with an unknown app',
		packOf(['one', 'integrations: [{ name: x, words: a thing, apps: [jellyfinn] }]']),
		'BAD_CATALOG',
		/names jellyfinn, which is not in the catalog; near to it: jellyfin/,
	],
	['what is no pack', 'bm9wZQ==', 'BAD_CATALOG', /cannot be taken/],
])('%s is refused, and nothing is changed', async (_what, pack, code, message) => {
	const store = documents();
	const alder = host(store, 'alder');
	const put = asked(store, alder)['catalogs.put']({ name: 'friends', origin: GIT, pack, replace: false, by: 'anna' });
	await expect(put).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
	expect(await store.list('catalogs')).toEqual([]);
	alder.stop();
});

test('apps of an added catalog may use those that come with Covey, and each other', async () => {
	const store = documents();
	const alder = host(store, 'alder');
	const pack = packOf(
		['one', 'integrations: [{ name: media, words: a media server, required: true, apps: [jellyfin, two] }]'],
		['two', 'provides: [media-server]'],
	);
	const answers = asked(store, alder);
	await answers['catalogs.put']({ name: 'friends', origin: GIT, pack, replace: false, by: 'anna' });
	const { uses, app } = await answers['catalog.show']({ app: 'one' });
	expect(app.catalog).toBe('friends');
	expect(uses).toMatchObject([{ integration: 'media', apps: ['jellyfin', 'two'] }]);
	expect((await answers['catalog.show']({ app: 'jellyfin' })).usedBy).toContainEqual({
		app: 'one',
		integration: 'media',
		required: true,
	});
	alder.stop();
});

test('a newer state tells what changed; an installed app keeps its entry', async () => {
	const store = documents();
	const alder = host(store, 'alder');
	const answers = asked(store, alder, { installed: () => [{ instance: 'mine', app: 'two' }] });
	const put = (pack: string, replace = true) =>
		answers['catalogs.put']({ name: 'friends', origin: GIT, pack, replace, by: 'anna' });
	await put(packOf(['one'], ['two']));
	await expect(put(packOf(['one']), false)).rejects.toMatchObject({ code: 'NAME_TAKEN' });
	await expect(put(packOf(['one']))).rejects.toMatchObject({ code: 'CATALOG_IN_USE', message: expect.stringContaining('mine') });
	await expect(answers['catalogs.remove']({ name: 'friends' })).rejects.toMatchObject({ code: 'CATALOG_IN_USE' });
	const { change } = await put(packOf(['two', 'notes: [newer]'], ['three']));
	expect(change).toEqual({ name: 'friends', added: ['three'], changed: ['two'], dropped: ['one'] });
	expect(alder.catalog.get('one')).toBeUndefined();
	await expect(answers['catalogs.remove']({ name: 'frends' })).rejects.toMatchObject({
		code: 'UNKNOWN_CATALOG',
		message: expect.stringContaining('friends'),
	});
	alder.stop();
});

test('a catalog that was removed is gone everywhere, and can be added again', async () => {
	const store = documents();
	const [alder, birch] = [host(store, 'alder'), host(store, 'birch')];
	const answers = asked(store, alder);
	const put = () => answers['catalogs.put']({ name: 'friends', origin: GIT, pack: packOf(['one']), replace: false, by: 'anna' });
	await put();
	await birch.refresh();
	expect((await answers['catalogs.remove']({ name: 'friends' })).change.dropped).toEqual(['one']);
	await birch.refresh();
	expect(birch.catalog.get('one')).toBeUndefined();
	expect((await put()).change.added).toEqual(['one']);
	alder.stop();
	birch.stop();
});

test('a change that is asked for again, since its answer was lost, is the same change', async () => {
	const store = documents();
	const alder = host(store, 'alder');
	const answers = asked(store, alder);
	const put = () => answers['catalogs.put']({ name: 'friends', origin: GIT, pack: packOf(['one']), replace: false, by: 'anna' });
	expect(await put()).toEqual(await put());
	expect(await store.list('catalogs')).toMatchObject([{ revision: 1 }]);
	const remove = () => answers['catalogs.remove']({ name: 'friends' });
	expect((await remove()).change.dropped).toEqual(['one']);
	expect((await remove()).change.dropped).toEqual([]);
	alder.stop();
});

test('a replica that lags does not take back what was added', async () => {
	const store = documents();
	const alder = host(store, 'alder');
	await asked(store, alder)['catalogs.put']({ name: 'friends', origin: GIT, pack: packOf(['one']), replace: false, by: 'anna' });
	const stale = { ...store, list: async () => [] };
	const list = store.list;
	store.list = stale.list;
	await alder.refresh();
	store.list = list;
	expect(alder.catalog.get('one')).toBeDefined();
	alder.stop();
});

test('a pack of a few bytes that stands for gigabytes is refused', async () => {
	const { gzipSync } = await import('node:zlib');
	const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20)).toString('base64');
	expect(bomb.length).toBeLessThan(100_000);
	expect(() => unpackSources(bomb)).toThrow(/cannot be taken/);
});
