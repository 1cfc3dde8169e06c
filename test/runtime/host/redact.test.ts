import { expect, test } from 'vitest';
import { redactSecrets } from '../../../runtime/host/redact.ts';

test.each([
	['password=hunter2 next', 'password=*** next'],
	['{"apiKey":"hunter2","n":1}', '{"apiKey":"***","n":1}'],
	['NPM_TOKEN=hunter2', 'NPM_TOKEN=***'],
	['Authorization: Basic hunter2', 'Authorization: Basic ***'],
	['used Bearer hunter2hunter2', 'used Bearer ***'],
	['get https://ann:hunter2@example.org/x', 'get https://ann:***@example.org/x'],
	[`seed SU${'A2'.repeat(28)}`, 'seed ***'],
	['-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----', '***'],
])('a secret in %j is hidden', (text, clean) => {
	expect(redactSecrets(text)).toBe(clean);
});

test.each([
	'npm install actual-budget@25.1.0 in /data/apps',
	'get https://example.org:8080/a@b',
	'the token of this step is old',
	'bearer of news',
])('%j is left as it is', (text) => {
	expect(redactSecrets(text)).toBe(text);
});
