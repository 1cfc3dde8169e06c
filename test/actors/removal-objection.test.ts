// Commands as anybody may send them over NATS, taken by an engine with two installed apps: `radarr` requires `deluge`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { objectionToRemoval } from '../../actors/removal-objection.ts';
import { graphOf } from '../../catalog/graph.ts';
import { installKind } from '../../machines/install/kind.ts';
import { createEngine } from '../../runtime/engine/engine.ts';
import { type MemoryBus, memoryBus, memoryJobs, memoryStore } from '../../runtime/engine/memory.ts';
import type { Reply, Store } from '../../runtime/engine/ports.ts';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { realClock } from '../../runtime/host/real-clock.ts';
import { app, needs } from '../catalog/plan-world.ts';
import { eventually } from '../helpers/eventually.ts';
import { lonePeers } from '../helpers/lone-peers.ts';
import { projectRoot } from '../helpers/source-tree.ts';

const GRAPH = graphOf([app('radarr', { integrations: [needs('client', ['deluge'])] }), app('deluge'), app('postgres')]);
const GOLDEN = JSON.parse(readFileSync(join(projectRoot, 'test/machines/golden/install-1.json'), 'utf8')) as ActorRecord[];
const running = GOLDEN.find(({ view }) => view.phase === 'running') as ActorRecord;
let store: Store;
let bus: MemoryBus;

const put = async (id: string, data: object = {}) => {
	const { snap, view } = running;
	const context = { ...(snap.context as object), instance: id, app: id };
	const record = { ...running, id, snap: { ...snap, context }, view: { ...view, data: { ...view.data, app: id, ...data } } };
	await store.put(record as ActorRecord, (await store.read(record))?.revision ?? 0);
};
const remove = (id: string, cmdId: string, more = {}): Promise<Reply> =>
	bus.send({ kind: 'install', id }, { cmdId, type: 'install.remove', ...more });

beforeEach(async () => {
	[store, bus] = [memoryStore(), memoryBus()];
	await put('deluge');
	await put('radarr');
	const self = { host: 'alder', incarnation: 2 };
	const records = () => [...engine.index().values()].map(({ record }) => record);
	const look = async (ref: { kind: string; id: string }) => (await store.read(ref))?.record ?? null;
	const engine = createEngine({
		...self,
		clock: realClock,
		store,
		bus,
		jobs: memoryJobs().owner('alder'),
		peers: lonePeers(self, ['install@1']),
		rng: Math.random,
		kinds: [installKind],
		observe: () => {},
		objection: (record, command) => objectionToRemoval({ records, look, graph: () => GRAPH }, record, command),
	});
	onTestFinished(() => engine.kill());
	await engine.start();
	await eventually('both are owned', async () => engine.owned().length === 2);
});

test('a bare command does not remove what others require, whoever sends it', async () => {
	const refused = {
		ok: false,
		error: { code: 'REMOVAL_BLOCKED', message: 'deluge is needed: radarr requires a client.' },
	};
	expect(await remove('deluge', 'c1')).toMatchObject(refused);
	expect(await remove('deluge', 'c1')).toMatchObject(refused);
	expect((await store.read({ kind: 'install', id: 'deluge' }))?.record.view.phase).toBe('running');
});

test('it goes all the same when the command says so, and the same command has the same answer', async () => {
	const answer = await remove('deluge', 'c1', { force: true });
	expect(answer).toMatchObject({ ok: true, phase: 'removing' });
	expect(await remove('deluge', 'c1')).toEqual(answer);
	expect(await remove('deluge', 'c2')).toMatchObject({ error: { code: 'NOT_ALLOWED_NOW' } });
});

test('what needs nobody any more goes at once, also where the news of that has not come yet', async () => {
	expect(await remove('radarr', 'c1')).toMatchObject({ ok: true });
	expect(await remove('deluge', 'c2')).toMatchObject({ ok: true });
});

test('a database server stays while apps have their databases on it', async () => {
	await put('postgres');
	await put('radarr', { databases: [{ name: 'main', type: 'postgres', server: 'postgres' }] });
	await eventually('it is served', async () => (await remove('postgres', 'c1').catch(() => null)) !== null);
	expect(await remove('postgres', 'c1')).toMatchObject({
		error: { code: 'REMOVAL_BLOCKED', message: 'postgres is needed: radarr has its database there.' },
	});
});
