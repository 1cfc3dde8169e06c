import { describe, expect, test } from 'vitest';
import type { InstallContext } from '../../machines/install/context.ts';
import { graphOf } from './graph.ts';
import { MACHINES, type Tried } from './machine-list.ts';

const named = (id: string): Tried => MACHINES.find(({ machine }) => machine.id === id) as Tried;

describe.each(MACHINES.map((tried) => [tried.machine.id, tried] as const))('the graph of %s', (_id, tried) => {
	const graph = graphOf(tried);

	test('every state is reached', () => expect(graph.unreachedStates()).toEqual([]));
	test('every transition is taken', { timeout: 60_000 }, () => expect(graph.untakenTransitions()).toEqual([]));
	test('from everywhere it can still come to each of its ends', () => {
		for (const end of tried.ends) {
			const others = new RegExp(`^(${tried.ends.join('|')})\\b`);
			expect(
				graph.cannotReach(({ value }) => value === end).filter((place) => !others.test(place) && !isOneWay(tried, place, end)),
			).toEqual([]);
		}
	});
});

/** A departure that can no longer be called off has one end. */
const isOneWay = ({ kind }: Tried, place: string, end: string): boolean =>
	kind.kind === 'host' &&
	/^(noting|removing|removingAgain)\b/.test(place) &&
	place.includes(end === 'left' ? '"forget"' : '"leave"');

describe('the graph of install@1', () => {
	const graph = graphOf(named('install@1'));

	test('a new try begins with nothing left to take back', () => {
		const dirty = [...graph.places].filter(
			([, { value, context }]) => value === 'queued' && (context as InstallContext).undo.length > 0,
		);
		expect(dirty.map(([name]) => name)).toEqual([]);
	});

	test('from everywhere but its end it can still come to run', () => {
		const stuck = graph
			.cannotReach(({ value }) => value === 'running')
			.filter((place) => !/^(removed|removing|discarding)\b/.test(place));
		expect(stuck).toEqual([]);
	});
});

test('from everywhere but its way out a host can still be an ordinary member again', () => {
	const stuck = graphOf(named('host@1'))
		.cannotReach(({ value }) => value === 'member')
		.filter((place) => !/^(left|forgotten|noting|removing|removingAgain)\b/.test(place));
	expect(stuck).toEqual([]);
});
