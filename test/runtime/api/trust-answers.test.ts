// Questions about trust where there is none to tell about.
import { expect, test } from 'vitest';
import { trustAnswersOf } from '../../../runtime/api/trust-answers.ts';
import { ERRORS } from '../../../runtime/engine/errors.ts';

const answers = trustAnswersOf({ trust: null, discovery: null, cluster: 'covey', now: () => 0 });

test('a cluster without keys says so, and how to have one with keys', async () => {
	const wishes = [
		answers['token.list']({}),
		answers['credentials.list']({}),
		answers['credentials.revoke']({ name: 'ci' }),
		answers['secrets.rotate']({ id: '0000beef', by: 'test' }),
		answers['secrets.status']({}),
	];
	for (const outcome of await Promise.allSettled(wishes))
		expect(outcome).toMatchObject({
			status: 'rejected',
			reason: { code: 'NO_KEYS', message: expect.stringMatching(/no keys/) },
		});
	expect(ERRORS.NO_KEYS.next).toMatch(/covey up.*covey demo --secure/);
});

test('a host on loopback hears nobody, and says so', async () => {
	expect(await answers.discovered({})).toEqual({ hosts: [], listening: false });
});
