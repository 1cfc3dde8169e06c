// What every entry that comes with Covey promises. That the apps without containers really run is tried in apps.test.ts.
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CatalogEntry } from '../../catalog/entry.ts';
import { facetsOf } from '../../catalog/facets.ts';
import { graphOf } from '../../catalog/graph.ts';
import { loadCatalog, OWN_APPS } from '../../catalog/load.ts';

/** Each app that people asked for by name. */
const NAMED = `actual-budget adguard-home atuin authentik caddy deluge home-assistant immich jellyfin jellyseerr miniflux monica
	nextcloud nginx-proxy-manager paperless-ngx plex portainer prometheus qbittorrent radarr sonarr syncthing traefik transmission
	uptime-kuma vaultwarden`.split(/\s+/);

const CATEGORIES =
	`ai automation calendar communication cooking database development documents downloads files finance media monitoring network
	notes photos productivity reading security`.split(/\s+/);

const catalog = loadCatalog();
const graph = graphOf(catalog.all().map(facetsOf));

test('every app that was asked for by name is there, among at least 35', () => {
	expect(NAMED.filter((name) => !catalog.get(name))).toEqual([]);
	expect(catalog.all().length).toBeGreaterThanOrEqual(35);
	expect(readdirSync(OWN_APPS).length).toBe(catalog.all().length);
});

test('two apps have the same usual port only where it is the port of a protocol', () => {
	const users = new Map<string, string[]>();
	for (const { name, ports } of catalog.all())
		for (const port of ports) {
			const key = `${port.default}/${port.protocol}`;
			users.set(key, [...(users.get(key) ?? []), `${name}${port.fixed ? ' (fixed)' : ''}`]);
		}
	const clashes = [...users].filter(([, apps]) => apps.length > 1 && !apps.every((app) => app.endsWith('(fixed)')));
	expect(clashes.map(([port, apps]) => `${port}: ${apps.join(', ')}`)).toEqual([]);
});

describe.each(catalog.all().map((entry) => [entry.name, entry] as const))('%s', (_name, entry) => {
	test('says what it is, what it needs, and how to tell that it is well', () => {
		expect(entry.summary).toMatch(/[.?!]$/);
		expect(CATEGORIES).toContain(entry.category);
		expect(entry.homepage).toMatch(/^https:/);
		expect(entry.resources.memory.recommended).toBeGreaterThanOrEqual(entry.resources.memory.min);
		expect(entry.health).not.toBeNull();
		expect(entry.notes.filter((note) => !/[.?!]$/.test(note))).toEqual([]);
	});

	test('names images by registry and version', () => {
		expect(imagesOf(entry).filter((image) => !/^[a-z0-9-]+\.[a-z.]+\/.+:[^:]*\d/.test(image))).toEqual([]);
		if (!entry.process) expect(entry.arch.length).toBeGreaterThan(0);
	});

	test('recommends an app for each integration that is required, and every partner exists', () => {
		for (const { name, required, recommended } of entry.integrations) {
			const able = graph.servers(entry.name, name);
			expect(able.length, name).toBeGreaterThan(0);
			if (required) expect(recommended, name).toBeDefined();
			if (recommended !== undefined) expect(able[0]).toBe(recommended);
		}
	});

	test('uses what it declares', () => {
		const text = JSON.stringify([entry.services, entry.process, entry.volumes]);
		for (const { name } of entry.databases) expect(text).toContain(`\${database.${name}.`);
		for (const { name } of entry.secrets) expect(text).toContain(`\${secret.${name}}`);
	});

	test('keeps its data in something that moves with it', () => {
		const keeps = entry.volumes.some(({ state }) => state) || entry.databases.some(({ state }) => state);
		expect(keeps || STATELESS.includes(entry.name)).toBe(true);
	});
});

const STATELESS = ['collabora', 'ollama'];

const imagesOf = ({ services }: CatalogEntry): string[] => Object.values(services).map(({ image }) => image);
