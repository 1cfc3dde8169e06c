import { expect, test } from 'vitest';
import { memoryBus, memoryDocuments, memoryStore } from '../../../runtime/engine/memory.ts';
import { refusalOf, refusingBus } from '../../../runtime/host/quorum-guard.ts';
import { proofOf } from '../../../runtime/host/quorum-proof.ts';
import { sampleRecord } from '../../helpers/sample-record.ts';

test('only a write that was committed is proof of a majority', async () => {
	let proofs = 0;
	const { store, documents } = proofOf({ store: memoryStore(), documents: memoryDocuments() }, () => proofs++);
	await documents.put('hosts', 'alder', {}, 0);
	expect(proofs).toBe(1);
	await documents.put('hosts', 'alder', {}, 7);
	await documents.read('hosts', 'alder');
	expect(proofs).toBe(1);
	await store.put(sampleRecord('notes'), 0);
	await store.put(sampleRecord('notes'), 9);
	expect(proofs).toBe(2);
});

test('a command is refused before it reaches the mailbox, and let through when the majority is back', async () => {
	let lost = true;
	const taken: unknown[] = [];
	const error = refusalOf([], [], () => 'offline');
	const bus = memoryBus();
	refusingBus(bus, () => (lost ? error : null)).serve({ kind: 'install', id: 'notes' }, async (payload) => {
		taken.push(payload);
		return { ok: true, seq: 1, phase: 'running' };
	});
	const send = () => bus.send({ kind: 'install', id: 'notes' }, { cmdId: 'a', type: 'install.stop', by: 'test' });
	expect(await send()).toEqual({ ok: false, error });
	expect(taken).toEqual([]);
	lost = false;
	expect(await send()).toMatchObject({ ok: true });
	expect(error.code).toBe('NO_QUORUM');
});
