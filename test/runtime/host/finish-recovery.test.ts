import { expect, test } from 'vitest';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import type { ActorRecord } from '../../../runtime/engine/record.ts';
import { finishRecovery } from '../../../runtime/host/finish-recovery.ts';
import { sampleMember } from '../../helpers/sample-member.ts';
import { sampleRecord } from '../../helpers/sample-record.ts';
import { manualClock } from './manual-clock.ts';

const hostRecord = (host: string, phase: string, seq: number): ActorRecord =>
	sampleRecord(host, {
		kind: 'host',
		seq,
		view: {
			...{ phase, words: '', since: 0 },
			can: { 'host.forget': phase === 'member' ? true : 'not now' },
			data: { host, cordoned: false, moved: [], stays: [], failure: null, departedAt: null },
		},
	});

async function world(forgotten: string[]) {
	const clock = manualClock();
	const documents = memoryDocuments();
	const records = new Map<string, ActorRecord>();
	const told: string[] = [];
	const state = { finished: 0, dead: true, failures: [] as unknown[], refuse: false };
	for (const host of forgotten) {
		records.set(host, hostRecord(host, 'member', 3));
		await documents.put('config', `member-${host}`, sampleMember(host, { joinedAt: 1, forgottenAt: 5 }), 0);
	}
	finishRecovery({
		host: 'alder',
		forgotten,
		clock,
		documents,
		engine: { index: () => new Map([...records].map(([host, record]) => [`host/${host}`, { record, revision: 1 }])) },
		isDead: () => state.dead,
		command: async ({ id }, { cmdId, type }) => {
			told.push(`${id} ${type} ${cmdId}`);
			if (state.refuse) throw new CoveyError('NO_ANSWER', 'not adopted yet');
		},
		onFinished: () => void state.finished++,
		onFailure: (thrown) => state.failures.push(thrown),
	});
	return { clock, documents, records, told, state };
}

test('each host left behind is told to be forgotten until it is, by a new command for each attempt', async () => {
	const { clock, records, told, state } = await world(['birch', 'cedar']);
	state.dead = false;
	await clock.advance(4_000);
	expect(told).toEqual([]);
	state.dead = true;
	state.refuse = true;
	await clock.advance(2_000);
	expect(told).toEqual(['birch host.forget recovered-birch-3', 'cedar host.forget recovered-cedar-3']);
	state.refuse = false;
	told.length = 0;
	records.set('birch', hostRecord('birch', 'forgetting', 4));
	await clock.advance(2_000);
	expect(told).toEqual(['cedar host.forget recovered-cedar-3']);
	// It failed, and is a member again.
	records.set('birch', hostRecord('birch', 'member', 6));
	records.set('cedar', hostRecord('cedar', 'forgotten', 5));
	await clock.advance(2_000);
	expect(told.slice(1)).toEqual(['birch host.forget recovered-birch-6']);
	expect(state.finished).toBe(0);
	records.set('birch', hostRecord('birch', 'forgotten', 9));
	await clock.advance(10_000);
	expect(state).toMatchObject({ finished: 1, failures: [] });
	expect(told).toHaveLength(2);
});

test('one that has joined again meanwhile is left alone, also when it dies later', async () => {
	const { clock, documents, told, state } = await world(['birch']);
	await documents.put('config', 'member-birch', sampleMember('birch', { joinedAt: 9 }), 1);
	await clock.advance(10_000);
	expect(told).toEqual([]);
	expect(state.finished).toBe(1);
});
