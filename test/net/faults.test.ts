// The course of faults: from its seed alone, and with everything in it.
import { expect, test } from 'vitest';
import { COURSES } from './courses.ts';
import { courseOf } from './faults.ts';

const wishes = { hosts: ['alder', 'birch', 'cedar', 'dogwood', 'elm'], faults: 20, clocks: true };

test('the same seed gives the same course, another seed another one', () => {
	expect(courseOf(7, wishes)).toEqual(courseOf(7, wishes));
	expect(courseOf(7, wishes)).not.toEqual(courseOf(8, wishes));
});

test('twenty faults hold each kind at least once', () => {
	for (let seed = 1; seed <= 50; seed++) {
		const kinds = new Set(courseOf(seed, wishes).map(({ type }) => type));
		expect([...kinds].sort()).toEqual(['clock', 'flap', 'freeze', 'kill', 'killAll', 'off', 'oneWay', 'slow', 'split']);
	}
});

test('a split has every host in one group', () => {
	const splits = Array.from({ length: 50 }, (_, seed) => courseOf(seed, wishes))
		.flat()
		.filter(({ type }) => type === 'split');
	for (const split of splits) if (split.type === 'split') expect(split.groups.flat().sort()).toEqual(wishes.hosts);
	expect(splits.some((split) => split.type === 'split' && split.groups.map((group) => group.length).join() === '2,2,1')).toBe(
		true,
	);
});

test('the courses of every test run have the hard ones: 2|2|1, and a flap every 3 s', () => {
	for (const { seed, hosts, faults } of COURSES) {
		const course = courseOf(seed, { hosts: wishes.hosts.slice(0, hosts), faults, clocks: true });
		expect(new Set(course.map(({ type }) => type)).size).toBe(9);
		expect(course).toContainEqual(expect.objectContaining({ type: 'flap', everyMs: 3_000 }));
		if (hosts === 5)
			expect(course.some((fault) => fault.type === 'split' && fault.groups.map((group) => group.length).join() === '2,2,1')).toBe(
				true,
			);
	}
});
