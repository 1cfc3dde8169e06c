import { expect, test } from 'vitest';
import { findNatsServer, presentNatsServer } from '../../runtime/setup/find-nats-server.mjs';
import { natsWays } from '../../runtime/setup/nats-ways/all.mjs';

type Answer = { found: string; version: string } | { passed: string } | { refused: string };

test('the first way that finds one wins, and the later ones are not asked', async () => {
	const { ways, asked } = fakeWays({
		cache: { passed: 'empty' },
		path: { found: 'a', version: '2.15.1' },
		go: { found: 'b', version: '2.15.1' },
	});
	expect(await findNatsServer(ways)).toEqual({ found: 'a', version: '2.15.1' });
	expect(asked).toEqual(['cache', 'path']);
});

test('one that the person chose and that cannot be used stops the search', async () => {
	const { ways, asked } = fakeWays({ variable: { refused: 'it is 2.9.10' }, cache: { found: 'a', version: '2.15.1' } });
	await expect(findNatsServer(ways)).rejects.toThrow(/cannot be used.*variable: it is 2\.9\.10.*What to do/s);
	expect(asked).toEqual(['variable']);
});

test('when no way is left the message names each with its reason, and what to do', async () => {
	const { ways } = fakeWays({ cache: { passed: 'empty' }, go: { passed: 'Go is not installed' } });
	await expect(findNatsServer(ways)).rejects.toThrow(/cache: empty.*go: Go is not installed.*What to do: install Go/s);
});

test('looking for one that is there already never fetches', async () => {
	const { ways, asked } = fakeWays({ cache: { passed: 'empty' }, go: { found: 'b', version: '2.15.1' } }, ['go']);
	expect(await presentNatsServer(ways)).toBeNull();
	expect(asked).toEqual(['cache']);
});

test('what is there comes before what is fetched, and the variable before all', () => {
	expect(natsWays.map((way) => way.name)[0]).toBe('COVEY_NATS_SERVER');
	const fetching = natsWays.map((way) => 'fetches' in way);
	expect(fetching).toEqual([false, false, false, true, true, true, true]);
});

function fakeWays(answers: Record<string, Answer>, fetching: string[] = []) {
	const asked: string[] = [];
	const ways = Object.entries(answers).map(([name, answer]) => ({
		name,
		fetches: fetching.includes(name),
		find: async () => {
			asked.push(name);
			return answer;
		},
	}));
	return { ways, asked };
}
