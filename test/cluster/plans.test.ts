// Plans on a real cluster: seen, accepted, stale; an app with what it needs in one action, killed in the middle, taken back as one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CoveyError } from '../../runtime/engine/errors.ts';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { type DemoCluster, startDemo, whenSeen } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 180_000;
let cluster: DemoCluster;

beforeAll(async () => {
	cluster = await startDemo();
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

const refusal = (asked: Promise<unknown>): Promise<CoveyError> =>
	asked.then(
		() => Promise.reject(new Error('it was taken')),
		(thrown: CoveyError) => thrown,
	);

test('a plan says what comes with an app; accepted, exactly that happens', { timeout: LIMIT }, async () => {
	const open = await cluster.ask('plan.install', { app: 'reader' });
	expect(open.plan.status).toBe('open');
	expect((await refusal(cluster.create('reader', 'reader'))).code).toBe('CHOICE_OPEN');

	const { plan } = await cluster.ask('plan.install', { app: 'reader', with: ['shelf'] });
	expect(plan.steps.map(({ instance }) => instance)).toEqual(['shelf', 'reader']);
	await cluster.create('reader', 'reader', { with: ['shelf'], plan: plan.fingerprint });
	await cluster.untilRest('reader', ['running']);
	for (const { instance, host, ports } of plan.steps) {
		const { data } = await cluster.ask('show', { actor: `install/${instance}` });
		expect(data).toMatchObject({ host, ports: [{ port: ports[0]?.port }] });
	}
	const { steps } = await cluster.ask('timeline', { actor: 'install/reader' });
	expect(steps.flatMap(({ notes }) => notes.map(({ text }) => text))).toContain('installs shelf, which reader needs');
});

test('a plan that does not hold any more is refused with the difference, and nothing is done', { timeout: LIMIT }, async () => {
	const wish = { app: 'notes', host: 'birch' };
	const { plan } = await cluster.ask('plan.install', wish);
	const port = plan.steps[0]?.ports[0]?.port ?? 0;
	await cluster.create('notes', 'in-between', { host: 'birch', ports: { web: port } });
	await cluster.untilRest('in-between', ['running']);
	const stale = await refusal(cluster.create('notes', 'notes', { host: 'birch', plan: plan.fingerprint }));
	expect(stale.code).toBe('PLAN_STALE');
	expect(stale.details?.changed).toEqual([expect.stringContaining(`, not ${port}`)]);
	expect((await cluster.ask('apps')).apps.some(({ instance }) => instance === 'notes')).toBe(false);
	const again = await cluster.ask('plan.install', { ...wish, plan: plan.fingerprint });
	expect(again.changed).toEqual(stale.details?.changed);
});

test('kill -9 of the owner while it waits for what it needs: the whole is installed all the same', {
	timeout: LIMIT,
}, async () => {
	const ref = { kind: 'install', id: 'late-reader' };
	const shoot = cluster.aim('both');
	const met = whenSeen(cluster, { kind: 'install', id: 'slow-shelf' }, ({ view }) => view.phase === 'starting').then(async () => {
		const { owner } = (await cluster.ask('show', { actor: 'install/late-reader' })).actor;
		shoot(String(owner));
		return String(owner);
	});
	await cluster.create('reader', ref.id, { with: ['slow-shelf'] });
	const victim = await met;
	await cluster.revive(victim);
	await cluster.untilRest('slow-shelf', ['running'], 120_000);
	await cluster.untilRest('late-reader', ['running'], 120_000);
	await cluster.plant('late-reader');
	await cluster.plant('slow-shelf');
});

test('an app that cannot be installed takes what came with it away again, though its owner is killed meanwhile', {
	timeout: LIMIT,
}, async () => {
	expect((await cluster.ask('plan.remove', { name: 'reader' })).plan.leftovers).toEqual(['shelf']);
	await cluster.command('reader', 'install.remove');
	await cluster.untilRest('reader', ['removed']);
	const { plan } = await cluster.ask('plan.remove', { name: 'shelf' });
	expect(plan.status).toBe('ready');
	await cluster.command('shelf', 'install.remove');
	await cluster.untilRest('shelf', ['removed']);

	const shoot = cluster.aim('both');
	const isRemoving = ({ effects }: ActorRecord) => Object.values(effects).some(({ src }) => src === 'removeParts');
	const met = whenSeen(cluster, { kind: 'install', id: 'sick-reader' }, isRemoving).then(({ owner }) => {
		shoot(String(owner?.host));
		return String(owner?.host);
	});
	await cluster.create('sick-reader', 'sick-reader');
	await cluster.revive(await met);
	const { failure } = await cluster.untilRest('sick-reader', ['rolledBack'], 120_000);
	expect(failure?.code).toBe('UNHEALTHY');
	await cluster.untilRest('shelf', ['removed']);
	const { steps } = await cluster.ask('timeline', { actor: 'install/sick-reader' });
	expect(steps.flatMap(({ notes }) => notes.map(({ text }) => text))).toContain(
		'removed shelf again, which was installed for sick-reader',
	);
});

test('who is needed is named before it is removed', { timeout: LIMIT }, async () => {
	const { plan, words } = await cluster.ask('plan.remove', { name: 'slow-shelf' });
	expect(plan.blockers).toEqual([{ instance: 'late-reader', integration: 'shelf', words: 'late-reader requires a shelf' }]);
	expect(words[0]).toEqual({ title: 'Stands against it', lines: ['late-reader requires a shelf'] });
	const bare = cluster.client.command({ kind: 'install', id: 'slow-shelf' }, { type: 'install.remove' });
	await expect(bare).rejects.toMatchObject({ code: 'REMOVAL_BLOCKED' });
	expect(await cluster.phaseOf('slow-shelf')).toBe('running');
});

test('data that was removed with its app is restored from the trash, and the app finds it', { timeout: LIMIT }, async () => {
	const instance = 'kept-notes';
	await cluster.create('notes', instance);
	const { host } = await cluster.untilRest(instance, ['running']);
	await cluster.plant(instance);
	await cluster.client.command({ kind: 'install', id: instance }, { type: 'install.remove', deleteData: true });
	await cluster.untilRest(instance, ['removed']);
	const { items, silent } = await cluster.ask('trash.list');
	expect([items, silent]).toMatchObject([
		[{ instance, host, app: 'notes', expiresAt: (items[0]?.at ?? 0) + 30 * 86_400_000 }],
		[],
	]);
	expect(await cluster.ask('trash.restore', { id: items[0]?.id })).toEqual({ instance, host, app: 'notes' });
	await eventually('its host tells of the data', async () =>
		(await cluster.ask('hosts')).hosts.some((row) => row.host === host && row.data?.some((one) => one.instance === instance)),
	);
	expect((await refusal(cluster.ask('trash.restore', { id: items[0]?.id }))).code).toBe('UNKNOWN_TRASH');
	// It goes where its data is, and nowhere else unless a person wants that.
	const other = [...cluster.hosts.keys()].find((name) => name !== host);
	expect(String((await refusal(cluster.ask('plan.install', { app: 'notes', name: instance, host: other }))).code)).toBe(
		'DATA_ELSEWHERE',
	);
	const { plan } = await cluster.ask('plan.install', { app: 'notes', name: instance, host: other, fresh: true });
	expect(plan.steps[0]?.host).toBe(other);
	await cluster.create('notes', instance);
	const { url } = await cluster.untilRest(instance, ['running']);
	expect(await (await fetch(`${url}`)).text()).toContain(cluster.planted.get(instance));
});

test('kill -9 of a nats-server while a part is configured, and of a process while the app itself starts: all of the tree is there', {
	timeout: LIMIT,
}, async () => {
	const part = whenSeen(cluster, { kind: 'install', id: 'shelf' }, ({ view }) => view.phase === 'configuring');
	const whole = whenSeen(cluster, { kind: 'install', id: 'tree' }, ({ view }) => view.phase === 'starting');
	const [shootServer, shootProcess] = [cluster.aim('nats'), cluster.aim('host')];
	const struck = part
		.then((record) => shootServer(String(record.view.data.host)))
		.then(() => whole)
		.then(async (record) => {
			const victim = String(record.view.data.host);
			shootProcess(victim);
			await cluster.revive(victim);
		});
	await Promise.all([cluster.create('reader', 'tree', { with: ['shelf'] }), struck]);
	await cluster.untilRest('tree', ['running'], 120_000);
	await cluster.untilRest('shelf', ['running'], 120_000);
	await cluster.plant('tree');
	await cluster.plant('shelf');
});

test('the verifier finds nothing', { timeout: LIMIT }, async () => {
	await eventually('all rest', async () =>
		(await cluster.ask('apps')).apps.every(({ phase }) => ['running', 'rolledBack', 'removed'].includes(phase)),
	);
	expect(verify(await gather(cluster))).toEqual([]);
});
