import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ActorRecord, ActorRef } from '../../../runtime/engine/record.ts';
import { assertNotDeparted, clearDeparture, watchDeparture } from '../../../runtime/host/departure.ts';
import { sampleRecord } from '../../helpers/sample-record.ts';
import { manualClock } from './manual-clock.ts';

const MEMBER_SINCE = 1_000;

function room() {
	const dataDir = mkdtempSync(join(tmpdir(), 'covey-departure-'));
	const clock = manualClock();
	const index = new Map<string, { record: ActorRecord; revision: number }>();
	const world = { owned: [{ kind: 'install', id: 'notes' }] as ActorRef[], adopting: [] as boolean[], ended: [] as string[] };
	const watch = watchDeparture({
		host: 'birch',
		dataDir,
		memberSince: () => MEMBER_SINCE,
		clock,
		engine: {
			index: () => index,
			owned: () => world.owned,
			release: async () => {
				world.owned = [];
			},
		},
		sayAdopting: (adopting) => world.adopting.push(adopting),
		onDeparted: (words) => world.ended.push(words),
	});
	return {
		...world,
		world,
		clock,
		watch,
		dataDir,
		/** Its own record becomes this. */
		stands(phase: string, departing: boolean, departedAt: number | null = null) {
			const data = { host: 'birch', cordoned: true, moved: [], stays: [], failure: null, departedAt };
			const view = { phase, words: `It is ${phase}.`, can: {}, since: 0, data };
			index.set('host/birch', {
				record: sampleRecord('birch', { kind: 'host', snap: { context: { departing } }, view }),
				revision: 1,
			});
		},
		[Symbol.dispose]() {
			watch.stop();
			rmSync(dataDir, { recursive: true });
		},
	};
}

test('a host that leaves gives its actors away, also after a restart in the middle, and takes them again when it stays', async () => {
	using here = room();
	here.stands('leaving', false);
	await here.clock.advance(2_000);
	expect(here.world.owned).toHaveLength(1);
	here.stands('leaving', true);
	await here.clock.advance(1_100);
	expect(here.world.adopting).toEqual([false]);
	expect(here.world.owned).toEqual([]);
	here.stands('member', false);
	await here.clock.advance(1_100);
	expect(here.world.adopting).toEqual([false, true]);
	expect(here.world.ended).toEqual([]);
});

test('a host that has left or was forgotten ends once, and does not start again', async () => {
	using here = room();
	here.stands('forgotten', true, MEMBER_SINCE + 1);
	await here.clock.advance(5_000);
	expect(here.world.ended).toEqual(['It is forgotten.']);
	expect(() => assertNotDeparted(here.dataDir)).toThrow(/birch is no member of its cluster any more since/);
	clearDeparture(here.dataDir);
	expect(() => assertNotDeparted(here.dataDir)).not.toThrow();
});

test('the departure of an earlier host of this name is none of its business', async () => {
	using here = room();
	here.stands('forgotten', true, MEMBER_SINCE - 1);
	await here.clock.advance(5_000);
	expect(here.world.ended).toEqual([]);
});

test('a host that was told that it has left ends, also when it never hears of it again', async () => {
	using here = room();
	here.stands('leaving', true);
	await here.watch.note();
	await here.watch.note();
	expect(existsSync(join(here.dataDir, 'departed.json'))).toBe(true);
	await here.clock.advance(29_000);
	expect(here.world.ended).toEqual([]);
	await here.clock.advance(3_000);
	expect(here.world.ended).toHaveLength(1);
});
