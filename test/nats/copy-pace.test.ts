import { expect, test } from 'vitest';
import { ACTORS, documentStream, TIMELINE } from '../../nats/buckets.ts';
import { completeSince, dueStreams, type SavedStream, sufficesFor } from '../../nats/copy-pace.ts';

const MIB = 1024 ** 2;
const CONFIG = documentStream('config');
const minutes = (count: number) => count * 60_000;

test('small streams go with every round, large ones when a minute has passed for each MiB, after ten at the latest', () => {
	expect([0.2 * MIB, MIB, 6 * MIB, 90 * MIB].map((bytes) => sufficesFor(ACTORS, bytes))).toEqual([0, 0, minutes(5), minutes(10)]);
	expect([MIB, 61 * MIB].map((bytes) => sufficesFor(TIMELINE, bytes))).toEqual([minutes(15), minutes(60)]);
	const saved = new Map<string, SavedStream>([
		[TIMELINE, { at: 0, bytes: MIB }],
		[ACTORS, { at: 0, bytes: 4 * MIB }],
		[CONFIG, { at: 0, bytes: 9_000 }],
	]);
	const due = (at: number) => dueStreams([TIMELINE, ACTORS, CONFIG, 'new'], saved, minutes(at));
	expect([due(1), due(3), due(15)]).toEqual([
		[CONFIG, 'new'],
		[ACTORS, CONFIG, 'new'],
		[TIMELINE, ACTORS, CONFIG, 'new'],
	]);
});

test('a copy is as old as its oldest stream, the timeline apart', () => {
	const saved = new Map<string, SavedStream>([
		[TIMELINE, { at: 1, bytes: 0 }],
		[ACTORS, { at: 5, bytes: 0 }],
		[CONFIG, { at: 9, bytes: 0 }],
	]);
	expect(completeSince([TIMELINE, ACTORS, CONFIG], saved)).toBe(5);
});
