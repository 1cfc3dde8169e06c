import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../catalog/nearest.ts';

const NAMES = ['actual-budget', 'node-red', 'radicale', 'syncthing', 'tiddlywiki', 'verdaccio'];

test('typing errors and parts of names find the name meant', () => {
	expect(nearest('syncting', NAMES)[0]).toBe('syncthing');
	expect(nearest('nodered', NAMES)[0]).toBe('node-red');
	expect(nearest('actual', NAMES)[0]).toBe('actual-budget');
	expect(nearest('Raidcale', NAMES)[0]).toBe('radicale');
	expect(nearest('postgres', NAMES)).toEqual([]);
});

test('the edit distance is 0 for equal texts only, the same both ways, and at most the longer length', () => {
	fc.assert(
		fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
			const distance = editDistance(a, b);
			expect(distance).toBe(editDistance(b, a));
			expect(distance === 0).toBe(a === b);
			expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
		}),
	);
});
