// Making a token and using it: what is printed, and how it reaches `covey join` unseen.
import { expect, test } from 'vitest';
import { covey, joined } from './fake-cluster.ts';

const made = {
	ask: async () => ({ token: 'covey1.abc', id: '0123456789', expiresAt: 0, addresses: ['192.0.2.7:7780'] }),
};

test('a token is printed apart from the command, because command lines are seen by everybody', async () => {
	const { out } = await covey('token --witness', made);
	expect(out).toContain('covey join - --witness\n');
	expect(out).toContain('\n  covey1.abc\n');
	expect(out).not.toContain('join covey1');
});

test.each(['covey1.abc', 'covey1.abc\n', '\n  covey1.abc  \r\nmore\n'])(
	'covey join - reads the token from standard input',
	async (text) => {
		joined.length = 0;
		expect((await covey('join -', {}, undefined, text)).exit).toBe(0);
		expect(joined).toEqual(['covey1.abc']);
	},
);

test('covey join - without a token is a usage error', async () => {
	const { exit, err } = await covey('join -', {}, undefined, '\n');
	expect(exit).toBe(2);
	expect(err).toContain('standard input');
});
