import { expect, test } from 'vitest';
import { trustChecks } from '../../../runtime/api/doctor-trust.ts';

const DAY_MS = 24 * 3600 * 1000;
const now = 1_800_000_000_000;
const host = { name: 'alder', expiresAt: now + 20 * DAY_MS };

test('certificates with time left are one good line', () => {
	expect(trustChecks({ credentials: [{ name: 'ci', expiresAt: now + 100 * DAY_MS }], host, now })).toMatchObject([
		{ check: 'certificates', status: 'good' },
	]);
});

test('a credential that ends within the month is told with the way on, an ended one too', () => {
	const credentials = [
		{ name: 'ci', expiresAt: now + 12.5 * DAY_MS },
		{ name: 'wall', expiresAt: now - DAY_MS },
	];
	const [ci, wall] = trustChecks({ credentials, host, now });
	expect(ci).toMatchObject({ status: 'warning', words: 'The certificate of ci ends in 12 days.' });
	expect(ci?.next).toContain('covey credentials renew');
	expect(wall?.words).toMatch(/has ended/);
});

test('a host whose certificate was not renewed in time is bad', () => {
	expect(trustChecks({ credentials: [], host: { name: 'alder', expiresAt: now + DAY_MS / 2 }, now })).toMatchObject([
		{ status: 'bad', words: 'The certificate of alder ends within a day.' },
	]);
});
