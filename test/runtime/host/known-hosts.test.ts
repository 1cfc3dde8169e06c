// What a host knows of the others while the store does not answer.
import { expect, test } from 'vitest';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import { followDocuments, knownHosts } from '../../../runtime/host/known-hosts.ts';
import { manualClock } from './manual-clock.ts';

test('a host that nobody asked knows who there was when it was cut off', async () => {
	const clock = manualClock();
	const documents = memoryDocuments();
	let cut = false;
	const known = knownHosts(clock, {
		list: (bucket) =>
			cut ? Promise.reject(new CoveyError('STORE_UNAVAILABLE', 'No voting host answers for the store.')) : documents.list(bucket),
	});
	const { stop } = followDocuments(clock, known, (thrown) => {
		throw thrown;
	});
	await documents.put('hosts', 'birch', { host: 'birch' }, 0);
	await clock.advance(15_000);
	expect(known.latest()).toEqual([{ host: 'birch' }]);
	cut = true;
	await clock.advance(60_000);
	expect(known.latest()).toEqual([{ host: 'birch' }]);
	stop();
});
