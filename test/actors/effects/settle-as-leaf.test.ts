// A host that is no voter any more is done with it when the others can see that: their next decision reads its facts.
import { expect, test } from 'vitest';
import { settleAsLeaf } from '../../../actors/effects/settle-as-leaf.ts';
import type { VotersKit } from '../../../actors/voter-ops.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import type { Documents } from '../../../runtime/engine/ports.ts';
import { sampleMember } from '../../helpers/sample-member.ts';

async function settle(look: (documents: Documents, looks: number) => Promise<void>): Promise<{ looks: number; role: string }> {
	const documents = memoryDocuments();
	for (const host of ['alder', 'birch'])
		await documents.put('config', `member-${host}`, sampleMember(host, { role: 'voter' }), 0);
	await documents.put('hosts', 'alder', { host: 'alder', voter: true }, 0);
	let running: { role: 'voter' | 'leaf'; install: number } = { role: 'voter', install: 1 };
	let looks = 0;
	const kit = {
		host: 'alder',
		documents: {
			...documents,
			async read(bucket: Parameters<Documents['read']>[0], key: string) {
				if (bucket === 'hosts') await look(documents, ++looks);
				return documents.read(bucket, key);
			},
		},
		presence: () => 'online',
		voters: {
			running: () => running,
			restartAs: async ({ role, install }: { role: 'voter' | 'leaf'; install: number }) => {
				running = { role, install };
			},
			membersChanged: () => {},
		},
	} as unknown as VotersKit;
	const effect = settleAsLeaf(kit);
	const { signal } = new AbortController();
	const actor = { kind: 'voters', id: 'cluster' };
	const context = { key: 'k', actor, epoch: 1, attempt: 1, signal, progress: () => {}, note: () => {} };
	await effect.run({ host: 'alder', server: 'alder-1' }, context);
	return { looks, role: running.role };
}

test('it waits until its facts say that it does not vote', async () => {
	const { looks, role } = await settle(async (documents, count) => {
		if (count < 2) return;
		const revision = (await documents.read('hosts', 'alder'))?.revision ?? 0;
		await documents.put('hosts', 'alder', { host: 'alder', voter: false }, revision);
	});
	expect({ looks, role }).toEqual({ looks: 2, role: 'leaf' });
});
