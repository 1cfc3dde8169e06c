import { expect, test } from 'vitest';
import { covey } from './fake-cluster.ts';

test.each([80, 120])('covey recover says on %i columns what would be lost, and how to go on', async (columns) => {
	const { exit, out } = await covey('recover --data /srv/covey', {}, columns);
	expect(exit).toBe(0);
	const lines = out.split('\n');
	expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(Math.min(columns, 100));
	const text = out.replaceAll(/\s+/g, ' ');
	expect(text).toContain("Its copy of the cluster's data, as it was 45 s ago");
	expect(text).toContain('On alder: photos, wiki. They are shown as lost and started nowhere: their data is on that disk.');
	expect(text).toContain('Never let alder, birch run again as they are');
	expect(text).toContain('Nothing has been changed. To do it: covey recover --yes --data /srv/covey');
});

test('covey recover --yes says what was done, where the old data is, and what is next', async () => {
	const { out } = await covey('recover --yes --data /srv/covey', {}, 80);
	expect(out).toBe(
		[
			'cedar is a cluster of its own now, covey-0a1b2c3d. Forgotten: alder, birch.',
			'It has a new authority: make new tokens and credentials.',
			'What was here before is kept in /nowhere/before-recovery-20260102-030405 until you delete it.',
			'Start it: covey up --data /srv/covey',
			'',
		].join('\n'),
	);
	const { out: json } = await covey('recover --yes --json');
	expect(JSON.parse(json)).toMatchObject({ done: true, cluster: 'covey-0a1b2c3d', authority: 'new', appsHere: ['notes'] });
});
