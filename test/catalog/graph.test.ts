import { expect, test } from 'vitest';
import { graphOf } from '../../catalog/graph.ts';
import { app, needs } from './plan-world.ts';

test('the reverse index tells who can use an app, by name and by what it provides', () => {
	const graph = graphOf([
		app('qbittorrent', { provides: ['download-client'] }),
		app('deluge', { provides: ['download-client'] }),
		app('radarr', { integrations: [needs('downloadClient', ['deluge'], { capability: 'download-client' })] }),
		app('sonarr', { integrations: [needs('downloadClient', ['qbittorrent'], { required: false })] }),
	]);
	expect(graph.servers('radarr', 'downloadClient')).toEqual(['deluge', 'qbittorrent']);
	expect(graph.usersOf('qbittorrent')).toEqual([
		{ app: 'radarr', integration: 'downloadClient', required: true },
		{ app: 'sonarr', integration: 'downloadClient', required: false },
	]);
	expect(graph.providersOf('download-client')).toEqual(['deluge', 'qbittorrent']);
	expect(graph.usersOfCapability('download-client').map((use) => use.app)).toEqual(['radarr']);
	expect(graph.all().map(({ name }) => name)).toEqual(['deluge', 'qbittorrent', 'radarr', 'sonarr']);
});

test('apps that require each other are refused, and the circle is named', () => {
	const circle = [
		app('a', { integrations: [needs('x', ['b'])] }),
		app('b', { integrations: [needs('y', ['c'])] }),
		app('c', { integrations: [needs('z', ['b'])] }),
	];
	expect(() => graphOf(circle)).toThrow(/require each other.*: b requires c \(y\), c requires b \(z\)\.$/);
});

test('a circle with a way out, or one that is not required, is none', () => {
	expect(() =>
		graphOf([app('a', { integrations: [needs('x', ['b', 'c'])] }), app('b', { integrations: [needs('y', ['a'])] }), app('c')]),
	).not.toThrow();
	expect(() =>
		graphOf([
			app('a', { integrations: [needs('x', ['b'], { required: false })] }),
			app('b', { integrations: [needs('y', ['a'])] }),
		]),
	).not.toThrow();
});

test('an unknown app gets the nearest names; a need that nobody can serve is said so', () => {
	expect(() => graphOf([app('qbittorrent'), app('radarr', { integrations: [needs('d', ['qbitorrent'])] })])).toThrow(
		/qbitorrent, which is not in the catalog; near to it: qbittorrent/,
	);
	expect(() => graphOf([app('radarr', { integrations: [needs('d', [], { capability: 'download-client' })] })])).toThrow(
		/no app of the catalog can serve it/,
	);
});
