// Commands as they may arrive at an engine: sent again, late, and beside a creation.
import { expect, onTestFinished, test } from 'vitest';
import { setup } from 'xstate';
import { z } from 'zod';
import { createEngine, type Engine } from '../../../runtime/engine/engine.ts';
import type { Kind } from '../../../runtime/engine/kind.ts';
import { type MemoryBus, memoryBus, memoryJobs, memoryStore } from '../../../runtime/engine/memory.ts';
import type { Reply, Store } from '../../../runtime/engine/ports.ts';
import { realClock } from '../../../runtime/host/real-clock.ts';
import { lonePeers } from '../../helpers/lone-peers.ts';

const ref = { kind: 'door', id: 'front' };
const how = { cmdId: 'made', by: 'test' };

const machine = setup({ types: { events: {} as { type: 'door.open' | 'door.shut' | 'door.remove' } } }).createMachine({
	id: 'door@1',
	initial: 'open',
	states: {
		open: { on: { 'door.shut': 'shut' } },
		shut: { on: { 'door.open': 'open', 'door.remove': 'removed' } },
		removed: { type: 'final' },
	},
});
const Said = z.object({ type: z.enum(['door.open', 'door.shut', 'door.remove']) }) as unknown as Kind['command'];
const door: Kind = {
	kind: 'door',
	versions: [{ machine }],
	create: z.object({}) as unknown as Kind['create'],
	command: Said,
	fact: Said as unknown as Kind['fact'],
	view: ({ phase }) => ({ phase, words: `It is ${phase}.`, can: {}, data: {} }),
	home: () => null,
};

interface House {
	engine: Engine;
	store: Store;
	say(type: string, cmdId: string, more?: object): Promise<Reply>;
}

async function house(wrap: (store: Store) => Store = (store) => store): Promise<House> {
	const self = { host: 'alder', incarnation: 1 };
	const store = memoryStore();
	const bus: MemoryBus = memoryBus();
	const engine = createEngine({
		...{ ...self, clock: realClock, store: wrap(store), bus, rng: Math.random, kinds: [door], observe: () => {} },
		jobs: memoryJobs().owner('alder'),
		peers: lonePeers(self, ['door@1']),
	});
	onTestFinished(() => engine.kill());
	await engine.start();
	await engine.create('door', 'front', {}, how);
	return { engine, store, say: (type, cmdId, more = {}) => bus.send(ref, { cmdId, type, by: 'test', ...more }) };
}

const refused = { ok: false, error: { code: 'NOT_ALLOWED_NOW' } };

test('a refusal of a repeat holds for its earlier copy, though that would be allowed by now', async () => {
	const { store, say } = await house();
	expect(await say('door.open', 'a', { repeat: true })).toMatchObject(refused);
	expect(await say('door.shut', 'b')).toMatchObject({ ok: true, phase: 'shut' });
	expect(await say('door.open', 'a')).toMatchObject(refused);
	expect(await say('door.open', 'c')).toMatchObject({ ok: true, phase: 'open' });
	expect((await store.read(ref))?.record).toMatchObject({ seq: 3, view: { phase: 'open' } });
});

test('a command that was never refused as a repeat is applied when it comes late', async () => {
	const { say } = await house();
	expect(await say('door.open', 'a')).toMatchObject(refused);
	await say('door.shut', 'b');
	expect(await say('door.open', 'a')).toMatchObject({ ok: true, phase: 'open' });
});

test('a flood of refused repeats drops the oldest of them, and none of the other answers', async () => {
	const { store, say } = await house();
	const shut = await say('door.shut', 'b');
	for (let number = 0; number < 200; number++)
		expect(await say('door.shut', `flood-${number}`, { repeat: true })).toMatchObject(refused);
	expect(await say('door.shut', 'b')).toEqual(shut);
	expect(await say('door.shut', 'flood-199')).toMatchObject(refused);
	const record = (await store.read(ref))?.record;
	expect(record?.seq).toBe(2);
	expect(JSON.stringify(record).length).toBeLessThan(8_000);
});

test('what is no boolean is no repeat', async () => {
	const { say } = await house();
	expect(await say('door.open', 'a', { repeat: 'yes' })).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } });
});

test('a name that is free again is given, though a refusal is kept with the finished one in the same moment', async () => {
	let beside: (() => Promise<unknown>) | null = null;
	const { engine, say } = await house((store) => ({
		...store,
		async put(record, previous) {
			const first = beside;
			beside = null;
			await first?.();
			return store.put(record, previous);
		},
	}));
	await say('door.shut', 'b');
	expect(await say('door.remove', 'c')).toMatchObject({ ok: true, phase: 'removed' });
	beside = () => say('door.open', 'late', { repeat: true });
	expect(await engine.create('door', 'front', {}, { cmdId: 'anew', by: 'test' })).toMatchObject({ ok: true, phase: 'open' });
	expect(await say('door.open', 'late')).toMatchObject(refused);
});
