import { expect, test } from 'vitest';
import { bestCopy, lastWritten } from '../../nats/best-copy.ts';
import { ACTORS, documentStream, streamsToCopy, TIMELINE } from '../../nats/buckets.ts';
import type { SnapshotFile } from '../../nats/snapshot-files.ts';

const file = (from: string, stream: string, lastSeq: number): SnapshotFile => ({
	stream,
	file: `${from}/${stream}`,
	lastSeq,
	messages: lastSeq,
	at: 0,
	lastAt: lastSeq === 0 ? null : lastSeq * 1000,
	bytes: 1,
});
const NEEDED = streamsToCopy({ authority: false, timeline: false });
const all = (from: string, lastSeq: number) => NEEDED.map((stream) => file(from, stream, lastSeq));

test('the own store is preferred, stream by stream, unless the copy has more in it', () => {
	const store = [...all('own', 7).filter(({ stream }) => stream !== documentStream('config')), file('own', TIMELINE, 0)];
	const copy = [...all('copy', 7).filter(({ stream }) => stream !== ACTORS), file('copy', ACTORS, 8), file('copy', TIMELINE, 4)];
	const best = bestCopy(store, copy, NEEDED);
	if (best.status !== 'found') throw new Error(best.status);
	expect(best.copied.map(({ stream }) => stream)).toEqual([TIMELINE, ACTORS, documentStream('config')]);
	expect(best.files[0]).toBe(`copy/${TIMELINE}`);
	expect(best.files).toHaveLength(NEEDED.length + 1);
	expect(lastWritten(best.own)).toBe(7_000);
});

test('a timeline and the key of the authority may be missing, a bucket may not', () => {
	expect(bestCopy([], all('copy', 1), [])).toMatchObject({ status: 'found', own: [] });
	expect(bestCopy(all('own', 0).slice(1), [], NEEDED)).toEqual({ status: 'incomplete', missing: [ACTORS] });
	expect(bestCopy([], [], [])).toMatchObject({ status: 'incomplete', missing: expect.arrayContaining([ACTORS]) });
	// One that an older Covey did not have.
	const older = all('copy', 1).filter(({ stream }) => stream !== documentStream('secrets'));
	expect(bestCopy([], older, []).status).toBe('found');
	expect(bestCopy([], older, NEEDED)).toEqual({ status: 'incomplete', missing: [documentStream('secrets')] });
});
