import { expect, test } from 'vitest';
import { WEIGHTS } from '../../../machines/placement/weights.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import { placementView } from '../../../runtime/host/placement-view.ts';
import { realClock } from '../../../runtime/host/real-clock.ts';

const MINE = { memory: 10, disk: 0, cpu: 0, load: 0, reliability: 0 };

test('weights are those a person set; without a leader those known last', async () => {
	const memory = memoryDocuments();
	let isUp = true;
	const documents = {
		...memory,
		read: (...what: Parameters<typeof memory.read>) =>
			isUp ? memory.read(...what) : Promise.reject(new CoveyError('STORE_UNAVAILABLE', 'no leader')),
	};
	const { weights } = placementView({
		clock: realClock,
		documents,
		hosts: { list: async () => [], latest: () => [] },
		records: () => [],
		presence: () => 'online',
	});
	expect(await weights()).toEqual(WEIGHTS);
	await memory.put('config', 'placement', { schema: 1, weights: MINE }, 0);
	expect(await weights()).toEqual(MINE);
	isUp = false;
	expect(await weights()).toEqual(MINE);
});
