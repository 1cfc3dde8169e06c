import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { CatalogEntry } from '../../catalog/entry.ts';
import { exportApp } from '../../catalog/export/export-app.ts';
import { importCompose } from '../../catalog/import/import-compose.ts';
import { catalogOf, loadCatalog } from '../../catalog/load.ts';

const catalog = loadCatalog();
const COPIED = { from: 'birch', at: new Date(0), state: 'stopped' as const, torn: [], dumped: [] };
const entryOf = (name: string): CatalogEntry => {
	const entry = catalog.get(name);
	if (!entry) throw new Error(`${name} is not in the catalog`);
	return entry;
};
const exported = (name: string, ports: Record<string, number> = {}) =>
	exportApp({ entry: entryOf(name), instance: `my-${name}`, ports, copied: COPIED });
const composeOf = (name: string, ports: Record<string, number> = {}) => parse(exported(name, ports).files['compose.yaml'] ?? '');

test('an npm app becomes an image of its package and a service with its ports, data and health', () => {
	const { files } = exported('actual-budget', { web: 20_007 });
	expect(JSON.parse(files['build/package.json'] ?? '')).toMatchObject({
		dependencies: { '@actual-app/sync-server': '26.9.0' },
		overrides: { 'better-sqlite3': '13.2.0' },
	});
	expect(composeOf('actual-budget', { web: 20_007 })).toEqual({
		name: 'my-actual-budget',
		services: {
			'my-actual-budget': {
				build: './build',
				restart: 'unless-stopped',
				command: ['node', '/app/node_modules/@actual-app/sync-server/build/bin/actual-server.js'],
				environment: {
					NODE_ENV: 'production',
					ACTUAL_PORT: '20007',
					ACTUAL_HOSTNAME: '0.0.0.0',
					ACTUAL_DATA_DIR: '/data/data',
				},
				ports: ['20007:20007'],
				volumes: ['./data/data:/data/data'],
				healthcheck: expect.objectContaining({
					test: ['CMD', 'node', '-e', expect.stringContaining('http://127.0.0.1:20007/health')],
				}),
				stop_grace_period: '10s',
			},
		},
	});
});

test('containers keep what they are; databases get servers of their own, secrets a place to write them', () => {
	const { files } = exported('miniflux', { web: 8_095 });
	const { services } = parse(files['compose.yaml'] ?? '');
	expect(services.miniflux.image).toBe(entryOf('miniflux').services['miniflux']?.image);
	expect(services.miniflux.environment.DATABASE_URL).toBe(
		'postgres://app:${DATABASE_POSTGRES_PASSWORD:?put its value into .env}@database-postgres:5432/app?sslmode=disable',
	);
	expect(services.miniflux.depends_on).toEqual({ 'database-postgres': { condition: 'service_started' } });
	expect(services['database-postgres'].environment.POSTGRES_USER).toBe('app');
	expect(files['.env']).toMatch(/^DATABASE_POSTGRES_PASSWORD=[0-9a-f]{36}\nSECRET_ADMIN_PASSWORD=\n$/);
	expect(files['README.md']).toMatch(/Write the values into the file `.env`: SECRET_ADMIN_PASSWORD\./);
	expect(files['README.md']).toContain('Put a dump of it into data/database-postgres-dump/');
});

test('the text says what to do first, what is missing, and how whole the data is', () => {
	const words = exported('syncthing').files['README.md'] ?? '';
	expect(words).toContain('data/config/config.xml may name the address of the host');
	expect(words).toContain('while the app was stopped: it is whole');
	expect(words).toContain('docker compose up -d');
	const live = exportApp({
		entry: entryOf('node-red'),
		instance: 'flows',
		ports: {},
		copied: { ...COPIED, state: 'running', torn: ['data/flows.json'] },
	});
	expect(live.files['README.md']).toMatch(/\*\*while the app was running\*\*[\s\S]*- data\/flows\.json/);
	expect(exported('jellyfin').files['README.md']).toContain('`shared/`');
	expect(exported('jellyfin').notes.join(' ')).toContain('/dev/dri');
	expect(composeOf('zigbee2mqtt').services.zigbee2mqtt.devices).toEqual(['/dev/ttyUSB0:/dev/ttyUSB0']);
});

test('a dollar in a text stays one', () => {
	const text = `schema: 1\nname: price\ntitle: P\nsummary: P.\ncategory: x\nlicense: MIT\nresources: { memory: { min: 1M }, disk: { min: 1M } }\nservices:\n  p: { image: "a.b/c:1", command: [sh, -c, "echo $HOME 5$"] }\n`;
	const entry = catalogOf([{ file: 'price.yaml', text }]).get('price');
	if (!entry) throw new Error('no entry');
	const { files } = exportApp({ entry, instance: 'price', ports: {}, copied: COPIED });
	expect(parse(files['compose.yaml'] ?? '').services.p.command).toEqual(['sh', '-c', 'echo $$HOME 5$$']);
});

describe('every app of the catalog', () => {
	test.each(catalog.all().map(({ name }) => [name]))(
		'%s is exported without a placeholder of Covey, and can be imported again',
		(name) => {
			const { files } = exported(name);
			const text = files['compose.yaml'] ?? '';
			expect(text.match(/\$\{(?!TZ:-|[A-Z_]+:\?)[^}]*\}/g)).toBeNull();
			const again = importCompose('compose.yaml', text, name);
			expect(again.problems).toEqual([]);
			const before = entryOf(name).services;
			const after = catalogOf([{ file: `${name}.yaml`, text: again.yaml }]).get(name)?.services ?? {};
			for (const [service, { image, ports, volumes, depends_on, cap_add, sysctls, user, tmpfs }] of Object.entries(before)) {
				expect(after[service]).toMatchObject({ image, cap_add, sysctls, tmpfs, depends_on, ...(user ? { user } : {}) });
				if (before[service]?.network_mode !== 'host') expect(after[service]?.ports.length).toBe(ports.length);
				expect(after[service]?.volumes.map(({ target }) => target)).toEqual(volumes.map(({ target }) => target));
			}
		},
	);
});

test('a database that goes with it is read by its server at the first start; secrets are there when they were asked for', () => {
	const { files } = exportApp({
		entry: entryOf('miniflux'),
		instance: 'feeds',
		ports: {},
		copied: { ...COPIED, dumped: ['postgres'] },
		secrets: { 'secret.admin-password': "it's $5" },
	});
	expect(files['data/database-postgres-dump/restore.sh']).toContain('pg_restore');
	expect(files['.env']).toContain("SECRET_ADMIN_PASSWORD='it\\'s $5'\n");
	expect(files['README.md']).not.toContain('.env');
	expect(files['README.md']).not.toContain('Put a dump');
});
