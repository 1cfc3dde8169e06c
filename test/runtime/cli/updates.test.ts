import { expect, test } from 'vitest';
import { covey } from './fake-cluster.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const row = { app: 'paperless', host: 'alder', image: 'ghcr.io/paperless-ngx/paperless-ngx:2.20.1', why: null };

const ANSWER = {
	updates: [],
	images: [
		{ ...row, instance: 'family-paperless', pinned: digest('a'), newest: digest('b') },
		{ ...row, instance: 'paperless', pinned: digest('b'), newest: digest('b') },
		{
			...row,
			instance: 'redis',
			image: 'redis:8.2',
			pinned: null,
			newest: null,
			why: 'docker.io could not be reached (ENOTFOUND)',
		},
	],
};

test.each([80, 120])('images are compared on %s columns, and what is not known is said', async (columns) => {
	const { out, exit } = await covey('updates', { ask: async () => ANSWER }, columns);
	expect(exit).toBe(0);
	for (const line of out.split('\n')) expect([...line].length).toBeLessThanOrEqual(columns);
	expect(out).toMatch(/family-paperless .*aaaaaaaaaaaa {2}bbbbbbbbbbbb/);
	expect(out).toMatch(/paperless .*bbbbbbbbbbbb {2}the same/);
	expect(out).toMatch(/redis .*not pinned {4}not known/);
	expect(out).toContain('A changed image is taken, and pinned anew, by the next update of its app.');
	expect(out).toContain('Images could not all be compared: docker.io could not be reached (ENOTFOUND).');
});
