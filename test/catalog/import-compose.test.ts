import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type Imported, importCompose } from '../../catalog/import/import-compose.ts';
import { splitWords } from '../../catalog/import/split-words.ts';
import { catalogOf } from '../../catalog/load.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';

const COMPOSE = `
version: "3.8"
name: photo box
x-common: &common
  restart: unless-stopped
services:
  web:
    <<: *common
    image: ghcr.io/photos/web:2.1
    container_name: photos
    command: serve --port 80 --title "My photos"
    ports: ["8085:80", "127.0.0.1:9000:9000/udp", "\${EXTRA:-7000}-7001:7000-7001"]
    environment:
      - TZ=\${TZ}
      - DB_PASSWORD=\${DB_PASSWORD}
      - WORKERS=\${WORKERS:-4}
      - ADMIN=\${ADMIN_MAIL}
      - FROM_SHELL
      - PRICE=5$$
    volumes:
      - ./library:/data
      - cache:/cache
      - /var/run/docker.sock:/var/run/docker.sock:ro
      - /only/inside
      - { type: tmpfs, target: /scratch }
    depends_on: { db: { condition: service_healthy } }
    devices: ["/dev/dri:/dev/dri"]
    labels: { traefik.enable: "true" }
    deploy: { resources: { limits: { memory: 512M } } }
    stop_grace_period: 1m30s
    privileged: true
    cap_add: [CAP_NET_ADMIN]
    networks: [inner]
  db:
    image: postgres
    command: sh -c "postgres | tee /log"
    environment: { POSTGRES_PASSWORD: "\${DB_PASSWORD}", POSTGRES_DB: photos }
    volumes: ["pgdata:/var/lib/postgresql/data"]
    healthcheck: { test: "pg_isready -U $\${POSTGRES_USER}", interval: 1m30s, retries: 5 }
    mem_limit: 256m
    user: "999:999"
volumes:
  cache:
  pgdata: { driver: nfs }
  unused:
networks: { inner: {} }
`;

const imported = importCompose('compose.yaml', COMPOSE, null);
const notesOn = (field: string, { notes }: Imported = imported): string[] =>
	notes.filter((note) => note.field === field).map(({ words }) => words);

test('a Compose file becomes an entry that is right', () => {
	expect(imported.problems).toEqual([]);
	expect(imported.name).toBe('photo-box');
	const entry = catalogOf([{ file: 'photo-box.yaml', text: imported.yaml }]).get('photo-box');
	expect(entry).toMatchObject({
		resources: { memory: { min: 768 * 2 ** 20 } },
		ports: [
			{ name: 'web', default: 8085, web: '/' },
			{ name: 'port-9000', default: 9000, protocol: 'udp' },
			{ name: 'port-7000', default: 7000 },
			{ name: 'port-7001', default: 7001 },
		],
		volumes: [{ name: 'library' }, { name: 'cache' }, { name: 'inside' }, { name: 'pgdata' }],
		devices: [{ path: '/dev/dri', required: true }],
		secrets: [{ name: 'db-password' }],
		stopTimeout: 90_000,
		services: {
			web: {
				command: ['serve', '--port', '80', '--title', 'My photos'],
				environment: { TZ: '${timezone}', DB_PASSWORD: '${secret.db-password}', WORKERS: '4', ADMIN: '', PRICE: '5$' },
				volumes: [
					{ source: 'library', target: '/data' },
					{ source: 'cache', target: '/cache' },
					{ type: 'bind', source: '/var/run/docker.sock', read_only: true },
					{ source: 'inside', target: '/only/inside' },
				],
				tmpfs: ['/scratch'],
				cap_add: ['NET_ADMIN'],
				depends_on: { db: { condition: 'service_healthy' } },
			},
			db: {
				image: 'postgres:latest',
				command: ['sh', '-c', 'postgres | tee /log'],
				environment: { POSTGRES_PASSWORD: '${secret.db-password}' },
				healthcheck: { test: ['CMD', 'sh', '-c', 'pg_isready -U $POSTGRES_USER'], interval: 90_000, retries: 5 },
				user: '999:999',
			},
		},
	});
});

test.each([
	['services.web.privileged', /would hand the host to the app/],
	['services.web.labels', /not taken over/],
	['services.web.networks', /not needed/],
	['services.web.container_name', /not needed/],
	['services.web.restart', /not needed/],
	['services.web.environment.FROM_SHELL', /write a value/],
	['services.web.environment.ADMIN', /empty now/],
	['services.web.environment.WORKERS', /default, "4"/],
	['services.web.environment.DB_PASSWORD', /secret/],
	['services.web.ports.1', /127\.0\.0\.1/],
	['services.web.volumes.0', /\.\/library became the volume library/],
	['services.web.volumes.2', /stays so wherever the app runs/],
	['services.web.volumes.3', /would have been lost/],
	['services.db.image', /has no tag/],
	['volumes.pgdata.driver', /not taken over/],
	['volumes.unused', /used by no service/],
	['networks', /not taken over/],
	['x-common', /not taken over/],
])('%s is told', (field, words) => {
	expect(notesOn(field).join(' ')).toMatch(words);
});

describe('nothing is dropped silently', () => {
	const VALUES: Record<string, unknown> = {
		blkio_config: { weight: 3 },
		build: '.',
		cgroup: 'host',
		configs: ['a'],
		dns: ['1.1.1.1'],
		env_file: '.env',
		extends: { service: 'x' },
		extra_hosts: ['a:1.2.3.4'],
		gpus: 'all',
		group_add: ['video'],
		hostname: 'web',
		ipc: 'host',
		labels: { a: 'b' },
		links: ['db'],
		mac_address: '02:42:ac:11:65:43',
		oom_score_adj: 5,
		pid: 'host',
		platform: 'linux/arm64',
		privileged: true,
		profiles: ['x'],
		runtime: 'nvidia',
		scale: 2,
		secrets: ['a'],
		security_opt: ['x'],
		stdin_open: true,
		storage_opt: { size: '1G' },
		ulimits: { nofile: 5 },
		userns_mode: 'host',
		volumes_from: ['x'],
		cap_add: ['SYS_ADMIN'],
		network_mode: 'service:vpn',
		user: 'www-data',
		sysctls: { 'kernel.x': 1 },
		'x-mine': 1,
	};

	test('every field of a service that is not in the entry afterwards is told', () => {
		fc.assert(
			fc.property(fc.subarray(Object.keys(VALUES)), (keys) => {
				const fields = Object.fromEntries(keys.map((key) => [key, VALUES[key]]));
				const text = stringify({ services: { web: { image: 'a:1', ...fields } } });
				const outcome = importCompose('compose.yaml', text, 'app');
				expect(outcome.problems).toEqual([]);
				const taken = parse(outcome.yaml).services.web;
				for (const key of keys)
					if (!(key in taken)) expect(notesOn(`services.web.${key}`, outcome).length, key).toBeGreaterThan(0);
			}),
			{ numRuns: 100 },
		);
	});

	test('parts of ports, mounts and health checks, too', () => {
		const text = `services:
  web:
    image: a:1
    ports: [{ target: 80, published: 8080, host_ip: 127.0.0.1 }, "80-90:1-3", nonsense]
    volumes: [{ type: volume, source: x, target: /x, volume: { nocopy: true } }, "y:/y:z", { type: npipe, source: a, target: /b }]
    healthcheck: { test: [CMD, true], interval: often, start_interval: 5s }
    devices: ["/dev/a:/dev/b"]
`;
		const outcome = importCompose('compose.yaml', text, 'app');
		const told = outcome.notes.map(({ field }) => field);
		for (const field of [
			'ports.0.host_ip',
			'ports.1',
			'ports.2',
			'volumes.0.volume',
			'volumes.1',
			'volumes.2',
			'healthcheck.interval',
			'healthcheck.start_interval',
			'devices.0',
		])
			expect(told, field).toContain(`services.web.${field}`);
		expect(outcome.problems).toEqual([]);
	});
});

test('what is no Compose file is said so, and a file of a billion laughs ends', () => {
	for (const text of [
		'services: [a',
		'services: 5',
		'just text',
		`a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d]\nservices: { w: { image: a, x: [*e,*e,*e,*e] } }`,
	]) {
		let thrown: unknown = null;
		try {
			importCompose('compose.yaml', text, null);
		} catch (error) {
			thrown = error;
		}
		expect(thrown).toBeInstanceOf(CoveyError);
		expect((thrown as CoveyError).code).toBe('BAD_CATALOG');
	}
});

test('words are split as a shell would, and left to a shell where only it can tell', () => {
	expect(splitWords(`run "two words" 'it''s' plain\\ space --a="b c"`)).toEqual([
		'run',
		'two words',
		'its',
		'plain space',
		'--a=b c',
	]);
	expect(splitWords('')).toEqual([]);
	for (const line of ['a | b', 'a && b', 'a > b', 'echo $HOME', 'ls *.txt']) expect(splitWords(line)).toBeNull();
});
