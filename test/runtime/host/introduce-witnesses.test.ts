import { expect, test } from 'vitest';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import type { Peer } from '../../../runtime/engine/ports.ts';
import type { Stored } from '../../../runtime/engine/record.ts';
import { introduceWitnesses } from '../../../runtime/host/introduce-witnesses.ts';
import { sampleMember } from '../../helpers/sample-member.ts';
import { sampleRecord } from '../../helpers/sample-record.ts';
import { manualClock } from './manual-clock.ts';

const witness: Peer = { host: 'willow', incarnation: 3, machines: [], adopting: false };
const ordinary: Peer = { host: 'birch', incarnation: 1, machines: ['host@1'], adopting: true };

const left = (departedAt: number) => {
	const data = { host: 'willow', cordoned: true, moved: [], stays: [], failure: null, departedAt };
	return sampleRecord('willow', { kind: 'host', view: { phase: 'left', words: '', can: {}, since: 0, data } });
};

async function introduced(joinedAt: number | null, record?: ReturnType<typeof sampleRecord>): Promise<string[]> {
	const clock = manualClock();
	const documents = memoryDocuments();
	if (joinedAt !== null) await documents.put('config', 'member-willow', sampleMember('willow', { joinedAt }), 0);
	const made: string[] = [];
	const watch = introduceWitnesses({
		host: 'alder',
		clock,
		documents,
		peers: { alive: () => [ordinary, witness] },
		engine: {
			index: () => new Map<string, Stored>(record ? [['host/willow', { record, revision: 1 }]] : []),
			create: async (kind, id, _input, { cmdId, by }) => {
				made.push(`${kind}/${id} ${cmdId} ${by}`);
				return { ok: true } as never;
			},
		},
		onFailure: (thrown) => {
			throw thrown;
		},
	});
	await clock.advance(2_500);
	watch.stop();
	await clock.advance(10_000);
	return made;
}

test('whoever runs no machines gets its actor from others, once it is a member', async () => {
	expect(await introduced(5)).toEqual(['host/willow join-willow-3 host:alder']);
	expect(await introduced(null)).toEqual([]);
});

test('one that has an actor gets no other, one that left gets one when it has joined again', async () => {
	const data = { host: 'willow', cordoned: false, moved: [], stays: [], failure: null, departedAt: null };
	const member = sampleRecord('willow', { kind: 'host', view: { phase: 'member', words: '', can: {}, since: 0, data } });
	expect(await introduced(5, member)).toEqual([]);
	expect(await introduced(5, left(6))).toEqual([]);
	expect(await introduced(7, left(6))).toHaveLength(1);
});
