import { expect, test } from 'vitest';
import { describeInstall, describeRemoval, essenceOf } from '../../catalog/describe-plan.ts';
import { differencesFrom } from '../../catalog/fingerprint.ts';
import type { Installed, InstallPlan } from '../../catalog/install-plan.ts';
import { nearHosts } from '../../catalog/nearness.ts';
import { type PlanRequest, type PlanWorld, planInstall } from '../../catalog/plan.ts';
import { planRemoval } from '../../catalog/remove-plan.ts';
import { app, ask, host, MIB, needs, placeBy, there, world } from './plan-world.ts';

const MEDIA = [
	app('qbittorrent', { ports: [{ name: 'web', port: 8080, protocol: 'tcp', web: true }] }),
	app('deluge'),
	app('radarr', { integrations: [needs('download client', ['qbittorrent', 'deluge'])], databases: ['postgres'] }),
	app('jellyseerr', {
		integrations: [
			needs('movie manager', ['radarr'], { many: true }),
			needs('media server', ['jellyfin', 'plex'], { required: false }),
		],
	}),
	app('jellyfin'),
	app('plex'),
	app('miniflux', { databases: ['postgres'] }),
];

test('a required choice stays open until somebody chooses, with the recommended one marked', () => {
	const plan = planned(ask('radarr'), world(MEDIA));
	expect(plan.status).toBe('open');
	expect(plan.choices[0]).toMatchObject({ instance: 'radarr', required: true, chosen: null });
	expect(plan.choices[0]?.options.map(({ app: name, recommended }) => [name, recommended])).toEqual([
		['qbittorrent', true],
		['deluge', false],
	]);
	expect(describeInstall(plan)[0]).toEqual({
		title: 'To be chosen',
		lines: [
			'radarr requires a download client:',
			'  --with qbittorrent: QBITTORRENT, 100 MiB of memory (recommended)',
			'  --with deluge: DELUGE, 100 MiB of memory',
		],
	});
});

test('what is chosen is installed first, and connected', () => {
	const plan = planned(ask('radarr', { with: ['deluge'] }), world(MEDIA));
	expect(plan.status).toBe('ready');
	expect(plan.steps.map(({ instance, for: wantedBy }) => [instance, wantedBy])).toEqual([
		['deluge', 'radarr'],
		['radarr', null],
	]);
	expect(plan.configures).toEqual([
		{ instance: 'radarr', integration: 'download client', words: 'a download client', with: 'deluge' },
	]);
	expect(planned(ask('radarr', { recommended: true }), world(MEDIA)).steps[0]?.instance).toBe('qbittorrent');
});

test('what is installed is used by itself, and installed apps that gain from it are named', () => {
	const installed = [there('qbittorrent'), there('jellyseerr')];
	const plan = planned(ask('radarr'), world(MEDIA, { installed }));
	expect(plan.status).toBe('ready');
	expect(plan.configures).toMatchObject([{ instance: 'radarr', with: 'qbittorrent' }]);
	expect(plan.reconfigures).toMatchObject([{ instance: 'jellyseerr', integration: 'movie manager', with: 'radarr' }]);
	expect(plan.steps[0]?.hosts[0]?.reasons).toEqual(['qbittorrent is there', 'jellyseerr is there']);
});

test('needs of needs are met, too, and nothing is installed twice', () => {
	const plan = planned(ask('jellyseerr', { with: ['deluge', 'plex'] }), world(MEDIA));
	expect(plan.steps.map(({ instance }) => instance)).toEqual(['deluge', 'radarr', 'plex', 'jellyseerr']);
	expect(plan.configures).toHaveLength(3);
});

test('a choice that is of no use is refused with those that are', () => {
	expect(planInstall(ask('radarr', { with: ['jellyfin'] }), world(MEDIA))).toMatchObject({
		status: 'refused',
		refusal: { code: 'BAD_REQUEST', message: 'radarr cannot be connected with jellyfin; it can use qbittorrent, deluge.' },
	});
});

test('a database server is shared where there is one, and the memory saved is told', () => {
	const alone = planned(ask('miniflux'), world(MEDIA));
	expect(alone.steps[0]).toMatchObject({ databases: [{ server: 'new', savedBytes: 0 }], memoryBytes: 228 * MIB });
	const shared = planned(ask('miniflux'), world(MEDIA, { installed: [there('radarr', 'radarr', 'alder')] }));
	expect(shared.totals).toMatchObject({ savedBytes: 128 * MIB, memoryBytes: 100 * MIB });
	expect(shared.steps[0]?.host).toBe('alder');
});

test('a server of its own is started beside the shared one where a person wants it, and what it takes is told', () => {
	const around = world(MEDIA, { installed: [there('radarr', 'radarr', 'alder')] });
	const shared = planned(ask('miniflux'), around);
	const plan = planned(ask('miniflux', { dedicated: ['postgres'] }), around);
	expect(plan.steps[0]).toMatchObject({
		databases: [{ type: 'postgres', server: 'dedicated', memoryBytes: 128 * MIB, savedBytes: 0 }],
		memoryBytes: 228 * MIB,
	});
	expect(plan.totals.savedBytes).toBe(0);
	expect(describeInstall(plan).find(({ title }) => title === 'Databases')?.lines).toEqual([
		'miniflux-postgres, a PostgreSQL server for miniflux alone, is started on alder: 128 MiB of memory',
	]);
	expect(essenceOf(plan)).toContain('Starts miniflux-postgres for it alone.');
	expect(differencesFrom(shared.fingerprint, plan)).toEqual(['other apps are installed or connected than when it was made']);
	expect(planInstall(ask('jellyfin', { dedicated: ['redis'] }), around)).toMatchObject({
		refusal: { code: 'BAD_REQUEST', message: 'jellyfin has no Redis database.' },
	});
});

test('a server of its own is shared with nobody, and is told as left over when its app goes', () => {
	const alone: Installed = { ...there('miniflux', 'miniflux', 'birch'), dedicated: ['postgres'] };
	const server = there('miniflux-postgres', 'postgres', 'birch');
	const around = world([...MEDIA, app('postgres')], { installed: [alone, server] });
	expect(planned(ask('radarr', { host: 'birch', with: ['deluge'] }), around).steps.at(-1)?.databases).toMatchObject([
		{ server: 'new' },
	]);
	expect(planRemoval('miniflux', false, around)).toMatchObject({
		lastOf: [],
		leftovers: ['miniflux-postgres'],
		data: { databases: ['postgres'] },
		freesBytes: 228 * MIB,
	});
});

test.each(['birch'])('an existing server weighs for %s when hosts are about equal', (expected) => {
	const place = placeBy({ alder: 2_000 * MIB, birch: 2_000 * MIB });
	const plan = planned(ask('miniflux'), world(MEDIA, { place, installed: [there('radarr', 'radarr', 'birch')] }));
	expect(plan.steps[0]).toMatchObject({ host: expected, databases: [{ server: 'shared' }] });
});

test('port conflicts are solved across the plan and across hosts of one address, and the reason is given', () => {
	const hosts = [
		host('alder', { address: 'one', taken: [{ port: 8080, by: 'nextcloud' }] }),
		host('birch', { address: 'one', taken: [{ port: 20_000, by: 'traefik' }] }),
	];
	const plan = planned(ask('radarr', { with: ['deluge'] }), world(MEDIA, { hosts }));
	expect(plan.steps.map(({ ports }) => ports[0])).toMatchObject([
		{ port: 20_001, why: '8080 is used by nextcloud' },
		{ port: 20_002, why: '8080 is used by nextcloud' },
	]);
	expect(planInstall(ask('deluge', { ports: { web: 8080 } }), world(MEDIA, { hosts }))).toMatchObject({
		status: 'refused',
		refusal: { code: 'PORT_IN_USE', message: 'Port 8080 of alder is in use by nextcloud; 20001 is free.' },
	});
});

test('the second app of a plan sees the memory that the first one takes', () => {
	const place = placeBy({ alder: 150 * MIB, birch: 250 * MIB });
	const plan = planned(
		ask('jellyseerr', { with: ['deluge'] }),
		world(MEDIA, { place, installed: [there('radarr', 'radarr', null)] }),
		true,
	);
	expect(plan).toBeNull();
	const two = planned(
		ask('a'),
		world([app('b'), app('a', { integrations: [needs('x', ['b'])] })], {
			place: placeBy({ alder: 150 * MIB, birch: 150 * MIB }),
		}),
	);
	expect(new Set(two.steps.map((step) => step.host)).size).toBe(2);
});

test('names that are taken, unknown ports and hosts without room are refused', () => {
	const cases: [PlanRequest, Partial<PlanWorld>, string][] = [
		[ask('plex'), { installed: [{ ...there('plex'), present: false }] }, 'NAME_TAKEN'],
		[ask('plex', { ports: { api: 1 } }), {}, 'BAD_REQUEST'],
		[ask('plex'), { place: placeBy({ alder: 1, birch: 1 }) }, 'NO_SUITABLE_HOST'],
		[ask('plex', { host: 'alder' }), { place: placeBy({ alder: 1, birch: 1 }) }, 'NOT_ENOUGH_MEMORY'],
		[ask('nothing'), {}, 'UNKNOWN_APP'],
	];
	for (const [request, more, code] of cases)
		expect(planInstall(request, world(MEDIA, more))).toMatchObject({ status: 'refused', refusal: { code } });
});

test('a plan that was shown stays the same while the scores move, and says what changed when it cannot', () => {
	const shown = planned(ask('plex'), world(MEDIA));
	expect(shown.steps[0]?.host).toBe('alder');
	const moved = { place: placeBy({ alder: 2_000 * MIB, birch: 3_000 * MIB }) };
	expect(planned(ask('plex', { accepted: shown.fingerprint }), world(MEDIA, moved)).fingerprint).toBe(shown.fingerprint);
	const full = planned(
		ask('plex', { accepted: shown.fingerprint }),
		world(MEDIA, { place: placeBy({ alder: 1, birch: 3_000 * MIB }) }),
	);
	expect(differencesFrom(shown.fingerprint, full)).toEqual(['plex goes to birch, not alder']);
	const busy = { hosts: [host('alder', { taken: [{ port: 8080, by: 'x' }] }), host('birch')] };
	const other = planned(ask('plex', { accepted: shown.fingerprint }), world(MEDIA, busy));
	expect(differencesFrom(shown.fingerprint, other)).toEqual(['plex gets port 20000, not 8080']);
	const wired = planned(ask('plex', { accepted: shown.fingerprint }), world(MEDIA, { installed: [there('jellyseerr')] }));
	expect(differencesFrom(shown.fingerprint, wired)).toEqual(['other apps are installed or connected than when it was made']);
});

test('removing what another app requires is blocked; what has a substitute is connected with that', () => {
	const installed = [there('qbittorrent'), there('radarr'), there('jellyfin'), there('jellyseerr')];
	const graph = world(MEDIA).graph;
	expect(planRemoval('qbittorrent', false, { graph, installed })).toMatchObject({
		status: 'blocked',
		blockers: [{ instance: 'radarr', words: 'radarr requires a download client' }],
	});
	expect(planRemoval('qbittorrent', false, { graph, installed: [...installed, there('deluge')] })).toMatchObject({
		status: 'ready',
		unconfigures: [{ instance: 'radarr', with: 'qbittorrent' }],
		reconfigures: [{ instance: 'radarr', with: 'deluge' }],
	});
	const jellyfin = planRemoval('jellyfin', true, { graph, installed });
	expect(jellyfin).toMatchObject({ status: 'ready', unconfigures: [{ instance: 'jellyseerr' }], data: { kept: false } });
	expect(planRemoval('nobody', false, { graph, installed })).toBeNull();
});

test('the last user of a shared server is told apart, and the words say what happens to the data', () => {
	const installed = [there('miniflux')];
	const plan = planRemoval('miniflux', false, { graph: world(MEDIA).graph, installed });
	expect(plan).toMatchObject({ lastOf: ['postgres'], freesBytes: 228 * MIB });
	expect(plan && describeRemoval(plan).map(({ title, lines }) => `${title}: ${lines.join('; ')}`)).toEqual([
		'Will be removed: miniflux from alder, which frees 228 MiB of memory',
		'Data: volume data, PostgreSQL database: kept; an install of the same name finds it again',
		'Nobody uses afterwards: the shared PostgreSQL server of alder',
	]);
});

test('the essence of a plan fits in three lines', () => {
	const installed = [there('jellyseerr'), there('miniflux')];
	const lines = essenceOf(planned(ask('radarr', { with: ['qbittorrent'] }), world(MEDIA, { installed })));
	expect(lines).toEqual([
		'Installs qbittorrent on alder (port 8080), then radarr on alder (port 20000).',
		'Connects radarr with qbittorrent, jellyseerr with radarr.',
		'Needs 200 MiB of memory and 1000 MiB of disk, 128 MiB saved by shared databases; takes about 2 min.',
	]);
});

function planned(request: PlanRequest, around: PlanWorld): InstallPlan;
function planned(request: PlanRequest, around: PlanWorld, mayBeRefused: true): InstallPlan | null;
function planned(request: PlanRequest, around: PlanWorld, mayBeRefused = false): InstallPlan | null {
	const outcome = planInstall(request, around);
	if (outcome.status === 'planned') return outcome.plan;
	if (mayBeRefused) return null;
	throw new Error(outcome.refusal.message);
}

test('what was installed for an app, and is used by nobody else, is named when it goes', () => {
	const apps = [
		app('radarr', { integrations: [needs('client', ['deluge'])] }),
		app('sonarr', { integrations: [needs('client', ['deluge'])] }),
		app('deluge'),
	];
	const installed = [there('radarr'), { ...there('deluge'), partOf: 'radarr' }];
	const around = world(apps);
	expect(planRemoval('radarr', false, { graph: around.graph, installed })?.leftovers).toEqual(['deluge']);
	const shared = [...installed, there('sonarr')];
	expect(planRemoval('radarr', false, { graph: around.graph, installed: shared })?.leftovers).toEqual([]);
	expect(planRemoval('deluge', false, { graph: around.graph, installed })?.leftovers).toEqual([]);
});

test('an app loses only what it is connected with, where that is known', () => {
	const around = world([
		app('radarr', { integrations: [needs('client', ['deluge', 'sabnzbd'])] }),
		app('deluge'),
		app('sabnzbd'),
	]);
	const uses = [{ integration: 'client', with: 'deluge' }];
	const installed = [{ ...there('radarr'), uses }, there('deluge'), { ...there('sabnzbd'), partOf: 'deluge' }];
	const removal = (name: string) => planRemoval(name, false, { graph: around.graph, installed });
	expect(removal('sabnzbd')).toMatchObject({ blockers: [], unconfigures: [], reconfigures: [] });
	expect(removal('deluge')).toMatchObject({
		unconfigures: [{ instance: 'radarr', with: 'deluge' }],
		reconfigures: [{ instance: 'radarr', with: 'sabnzbd' }],
		leftovers: ['sabnzbd'],
	});
});

test('near to an app are the hosts of what it would be connected with', () => {
	const radarr = app('radarr', { integrations: [needs('client', ['deluge', 'sabnzbd'])], databases: ['redis'] });
	const around = world([radarr, app('deluge'), app('sabnzbd'), app('other', { databases: ['redis'] })]);
	const installed = [there('deluge', 'deluge', 'birch'), there('other', 'other', 'birch'), there('gone', 'sabnzbd', null)];
	expect(nearHosts(radarr, around.graph, installed)).toEqual(
		new Map([['birch', ['deluge is there', 'its Redis server is shared']]]),
	);
	expect(nearHosts(radarr, around.graph, [])).toEqual(new Map());
});

test('a protocol over TCP and UDP has one number for both, also when the usual one is taken', () => {
	const torrents = app('torrents', {
		ports: [
			{ name: 'peers', port: 6881, protocol: 'tcp', web: false },
			{ name: 'peers-udp', port: 6881, protocol: 'udp', web: false },
		],
	});
	const numbers = (plan: InstallPlan) => plan.steps[0]?.ports.map(({ port }) => port);
	expect(numbers(planned(ask('torrents'), world([torrents])))).toEqual([6881, 6881]);
	const busy = world([torrents], { hosts: [host('alder', { taken: [{ port: 6881, by: 'x' }] })] });
	const plan = planned(ask('torrents'), busy);
	expect(numbers(plan)).toEqual([20_000, 20_000]);
	expect(numbers(planned(ask('torrents', { accepted: plan.fingerprint }), busy))).toEqual([20_000, 20_000]);
	expect(numbers(planned(ask('torrents', { ports: { peers: 7000 } }), busy))).toEqual([7000, 7000]);
});

test('a port that must be what it is goes where it is free, and is refused where it is not', () => {
	const dns = app('dns', {
		ports: [
			{ name: 'dns', port: 53, protocol: 'tcp', web: false, fixed: true },
			{ name: 'dns-udp', port: 53, protocol: 'udp', web: false, fixed: true },
		],
	});
	const range = { from: 20_000, to: 20_099, usual: false };
	const free = world([dns], { hosts: [host('alder', { range })] });
	expect(planned(ask('dns'), free).steps[0]?.ports.map(({ port }) => port)).toEqual([53, 53]);
	const busy = world([dns], { hosts: [host('alder', { taken: [{ port: 53, by: 'pihole' }] })] });
	expect(planInstall(ask('dns'), busy)).toMatchObject({
		status: 'refused',
		refusal: { code: expect.stringMatching(/PORT_IN_USE|NO_SUITABLE_HOST/) },
	});
});
