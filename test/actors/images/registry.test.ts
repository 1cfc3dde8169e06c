import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { pinImages } from '../../../actors/images/pin-images.ts';
import { parseImage } from '../../../actors/images/reference.ts';
import { digestOf } from '../../../actors/images/registry.ts';
import { mayFollow } from '../../../actors/images/registry-call.ts';
import { digestOfText, type FakeRegistry, fakeRegistry } from './fake-registry.ts';

const [OLD, NEW] = ['{"old":1}', '{"new":1}'];
let registry: FakeRegistry;
let image: string;

beforeAll(async () => {
	registry = await fakeRegistry();
	image = `${registry.address}/covey/notes:1`;
});

beforeEach(() => {
	registry.manifests.clear();
	registry.manifests.set('covey/notes:1', OLD);
	registry.asked.length = 0;
	registry.manner = { login: 'none', realm: null, tells: true, redirect: null, hangs: false };
});

afterAll(() => registry[Symbol.asyncDispose]());

test.each([
	['redis:8.2', 'https://registry-1.docker.io', 'library/redis', '8.2'],
	['docker.io/miniflux/miniflux:2.3.3', 'https://registry-1.docker.io', 'miniflux/miniflux', '2.3.3'],
	['ghcr.io/gethomepage/homepage:v1.4', 'https://ghcr.io', 'gethomepage/homepage', 'v1.4'],
	['localhost:5000/notes:1', 'http://localhost:5000', 'notes', '1'],
	['registry.example.org:5000/a/b/c:1', 'https://registry.example.org:5000', 'a/b/c', '1'],
])('%s is asked for at %s', (name, base, repository, wanted) => {
	expect(parseImage(name)).toMatchObject({ base, repository, wanted, digest: null });
});

test('a name that has its digest is pinned without a question', async () => {
	const digest = digestOfText(OLD);
	expect(await digestOf(`${image}@${digest}`)).toEqual({ status: 'known', digest });
	expect(registry.asked).toEqual([]);
});

test('the digest of a tag is asked for without pulling anything', async () => {
	expect(await digestOf(image)).toEqual({ status: 'known', digest: digestOfText(OLD) });
	expect(registry.asked).toEqual(['HEAD /v2/covey/notes/manifests/1']);
});

test('a registry that does not tell digests has its manifest read and hashed', async () => {
	registry.manner.tells = false;
	expect(await digestOf(image)).toEqual({ status: 'known', digest: digestOfText(OLD) });
});

test('a token that everybody gets is fetched where the registry says', async () => {
	registry.manner.login = 'token';
	expect(await digestOf(image)).toEqual({ status: 'known', digest: digestOfText(OLD) });
	expect(registry.asked[1]).toBe('GET /token?service=fake&scope=repository%3Acovey%2Fnotes%3Apull');
});

test('what cannot be known is said in plain words', async () => {
	const { address, manner } = registry;
	expect(await digestOf(`${address}/covey/none:1`)).toEqual({ status: 'unknown', why: `${address} has no covey/none:1` });
	expect(await digestOf('127.0.0.1:1/covey/notes:1')).toEqual({
		status: 'unknown',
		why: '127.0.0.1:1 could not be reached (ECONNREFUSED)',
	});
	manner.hangs = true;
	expect(await digestOf(image, 200)).toEqual({
		status: 'unknown',
		why: `${address} could not be reached (no answer within 0.2 s)`,
	});
	manner.hangs = false;
	manner.login = 'basic';
	expect(await digestOf(image)).toEqual({ status: 'unknown', why: `${address} shows covey/notes only after a login` });
});

test('nothing leads from a registry to plain HTTP beyond this machine', async () => {
	expect(mayFollow(new URL('https://ghcr.io/v2/'), new URL('http://ghcr.io/v2/'))).toBe(false);
	expect(mayFollow(new URL('https://ghcr.io/v2/'), new URL('http://127.0.0.1/v2/'))).toBe(false);
	registry.manner.redirect = 'http://192.0.2.1/v2/';
	expect(await digestOf(image)).toMatchObject({ why: expect.stringContaining('it redirects to http://192.0.2.1') });
	registry.manner = { ...registry.manner, redirect: null, login: 'token', realm: 'http://192.0.2.1/token' };
	expect(await digestOf(image)).toMatchObject({ why: expect.stringContaining('it sends to http://192.0.2.1 for a token') });
	registry.manner = { ...registry.manner, redirect: '/v2/again' };
	expect(await digestOf(image)).toMatchObject({ why: expect.stringContaining('in circles') });
});

test('images are pinned once each; a pin stays where the registry cannot tell another', async () => {
	const notes: string[] = [];
	const context = { note: ({ text }: { text: string }) => void notes.push(text) };
	const service = { image } as never;
	const entry = { services: { one: service, two: service }, process: {} as never };
	const first = await pinImages(entry, [], context);
	expect(first).toEqual([{ image, digest: digestOfText(OLD), why: null }]);
	registry.manifests.set('covey/notes:1', NEW);
	expect(await pinImages(entry, first, context)).toEqual([{ image, digest: digestOfText(NEW), why: null }]);
	registry.manifests.clear();
	expect(await pinImages(entry, first, context)).toEqual([
		{ image, digest: digestOfText(OLD), why: `${registry.address} has no covey/notes:1` },
	]);
	expect(notes.at(-1)).toContain('it runs without its image here, so that can wait');
	registry.manner.hangs = true;
	expect(await pinImages(entry, first, context)).toMatchObject([{ why: expect.stringContaining('no answer within 2 s') }]);
	registry.manner.hangs = false;
});
