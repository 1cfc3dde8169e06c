import { expect, test } from 'vitest';
import { facetsOf } from '../../catalog/facets.ts';
import { catalogOf, type Problem } from '../../catalog/load.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';

const PHOTOS = `schema: 1
name: photos
title: Photos
summary: Photos of the family.
category: photos
license: AGPL-3.0
resources:
  memory: { min: 1G, recommended: 2G }
  disk: { min: 4G }
arch: [x64, arm64]
devices:
  - { path: /dev/dri, why: makes videos smaller }
  - { path: /dev/coral, required: true, why: finds faces }
labels: { disk: fast }
ports:
  - { name: web, default: 2283, web: / }
volumes:
  - name: library
  - { name: models, state: false }
provides: [photo-library]
integrations:
  - name: mailer
    words: a mail relay
    capability: mail
databases:
  - { type: postgres, extensions: [pg_trgm] }
  - { type: redis, server: dedicated }
secrets:
  - { name: key, format: hex }
routes:
  - { port: web, maxBody: 50G }
health:
  check: { type: http, port: web, path: /ping }
services:
  server:
    image: ghcr.io/photos/server:v2.1.0
    environment:
      DB: "\${database.postgres.url}"
      KEY: "\${secret.key}"
      WORKERS: 2
    ports:
      - { name: web, target: 2283 }
    volumes: ["library:/data", { type: bind, source: /etc/localtime, target: /etc/localtime, read_only: true }]
    depends_on: [faces]
    devices: [/dev/dri]
  faces:
    image: ghcr.io/photos/faces:v2.1.0
    volumes: ["models:/cache:ro"]
`;

function problemsOf(text: string): Problem[] {
	try {
		catalogOf([{ file: 'photos.yaml', text }]);
	} catch (error) {
		if (error instanceof CoveyError && error.code === 'BAD_CATALOG') return error.details?.['problems'] as Problem[];
		throw error;
	}
	return [];
}

test('an app of several services is read with what it needs of hosts and of other apps', () => {
	const entry = catalogOf([{ file: 'photos.yaml', text: PHOTOS }]).get('photos');
	if (!entry) throw new Error('no entry');
	expect(entry.services['server']).toMatchObject({
		environment: { WORKERS: '2' },
		volumes: [{ type: 'volume', source: 'library', target: '/data', read_only: false }, { type: 'bind' }],
		depends_on: { faces: { condition: 'service_started' } },
	});
	expect(entry.databases).toMatchObject([
		{ name: 'postgres', server: 'shared', state: true },
		{ name: 'redis', server: 'dedicated', state: false },
	]);
	expect(facetsOf(entry)).toMatchObject({
		drivers: ['podman', 'nixos'],
		memory: { min: 2 ** 30, recommended: 2 ** 31 },
		devices: ['/dev/coral'],
		labels: { disk: 'fast' },
		provides: ['photo-library'],
		integrations: [{ name: 'mailer', capability: 'mail', recommended: null, required: false, apps: [] }],
		databases: ['postgres'],
		fetches: [
			{ type: 'image', name: 'ghcr.io/photos/server:v2.1.0' },
			{ type: 'image', name: 'ghcr.io/photos/faces:v2.1.0' },
		],
	});
});

test.each([
	['an image without a tag', 'server:v2.1.0', 'server', 'services.server.image', /must have a tag/],
	[
		'a port nobody knows',
		'name: web, target',
		'name: www, target',
		'services.server.ports.0.name',
		/no port called "www"; there are web/,
	],
	[
		'a port no service publishes',
		'ports:\n      - { name: web, target: 2283 }',
		'ports: []',
		'ports.0.name',
		/no service publishes/,
	],
	['a volume nobody knows', 'library:/data', 'files:/data', 'services.server.volumes.0', /no volume called "files"/],
	['a volume no service mounts', 'volumes: ["models:/cache:ro"]', 'volumes: []', 'volumes.1.name', /no service mounts "models"/],
	['a service nobody knows', '[faces]', '[eyes]', 'services.server.depends_on.eyes', /no other service called "eyes"/],
	['a device that is not declared', 'devices: [/dev/dri]', 'devices: [/dev/kvm]', 'services.server.devices.0', /not among/],
	[
		'an unknown placeholder',
		'secret.key}',
		'secret.kee}',
		'services.server.environment.KEY',
		/means nothing here; known are .*secret\.key/,
	],
	['the folder of a volume in a container', 'secret.key}', 'volume.library}', 'services.server.environment.KEY', /means nothing/],
	['an integration with nobody', 'capability: mail', 'many: true', 'integrations.0', /neither `apps` nor a `capability`/],
	['words without an article', 'a mail relay', 'mail', 'integrations.0.words', /article/],
	['a name that is there twice', '- { name: models, state: false }', '- name: library', 'volumes.1.name', /twice/],
	['less recommended than needed', 'recommended: 2G', 'recommended: 512M', 'resources.memory.recommended', /less than/],
	[
		'a shell line as a command',
		'image: ghcr.io/photos/faces:v2.1.0',
		'image: a:1\n    command: run me',
		'services.faces.command',
		/a list, like/,
	],
	[
		'a kernel switch beyond the network',
		'image: ghcr.io/photos/faces:v2.1.0',
		'image: a:1\n    sysctls: { vm.swappiness: "1" }',
		'services.faces.sysctls.vm.swappiness',
		/only net/,
	],
	[
		'a privileged container',
		'image: ghcr.io/photos/faces:v2.1.0',
		'image: a:1\n    privileged: true',
		'services.faces.privileged',
		/not a known field/,
	],
])('%s is shown at its field', (_what, from, to, field, message) => {
	expect(PHOTOS).toContain(from);
	const problems = problemsOf(PHOTOS.replace(from, to));
	const problem = problems.find((one) => one.field === field);
	expect(problem, JSON.stringify(problems)).toBeDefined();
	expect(problem?.message).toMatch(message);
	expect(problem?.line).toBeGreaterThan(1);
});

test('an app that says no way to run it is refused', () => {
	const text = PHOTOS.slice(0, PHOTOS.indexOf('services:'))
		.replace(/ports:\n.*\n/, '')
		.replace(/health:\n.*\n/, '');
	expect(problemsOf(text.replace(/routes:\n.*\n/, '')).map(({ message }) => message)).toEqual([
		'says no way to run it: give `services` with an image, or `process`',
	]);
});
