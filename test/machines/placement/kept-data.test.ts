import { expect, test } from 'vitest';
import type { Candidate, Wish } from '../../../machines/placement/candidate.ts';
import { ruledOutByData } from '../../../machines/placement/kept-data.ts';

const host = (name: string, data: { instance: string; app: string; lastHealthy: number }[] = []): Candidate =>
	({ facts: { host: name, data }, presence: 'online', reservedMemory: 0, reservedDisk: 0 }) as unknown as Candidate;
const wish = (more: Partial<Wish> = {}): Wish => ({ pinned: null, avoid: [], instance: 'notes', app: 'notes', ...more });
const notes = (lastHealthy: number, app = 'notes') => ({ instance: 'notes', app, lastHealthy });

test('an app without data goes anywhere', () => {
	const hosts = [host('alder'), host('birch', [{ instance: 'other', app: 'notes', lastHealthy: 1 }])];
	expect(ruledOutByData(hosts, wish())).toEqual(new Map());
});

test('an app with data goes where the latest copy of it is', () => {
	const hosts = [host('alder', [notes(1)]), host('birch', [notes(2)]), host('cedar')];
	expect(ruledOutByData(hosts, wish())).toEqual(
		new Map([
			['alder', 'its data is on birch'],
			['cedar', 'its data is on birch'],
		]),
	);
});

test('who wants to begin anew goes where no old data is', () => {
	const hosts = [host('alder', [notes(1)]), host('birch')];
	expect(ruledOutByData(hosts, wish({ fresh: true }))).toEqual(new Map([['alder', 'data of an earlier one is there']]));
});

test('data of another app under that name rules its host out, and no other', () => {
	const hosts = [host('alder', [notes(1, 'wiki')]), host('birch')];
	expect(ruledOutByData(hosts, wish())).toEqual(new Map([['alder', 'data kept there under that name belongs to wiki']]));
});

test('where the app is not said, nothing is known', () => {
	expect(ruledOutByData([host('alder', [notes(1)]), host('birch')], { pinned: null, avoid: [], instance: 'notes' })).toEqual(
		new Map(),
	);
});
