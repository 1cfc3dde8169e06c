// Credentials and cluster keys on the command line: tables that fit, words that say what to do.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { CredentialRow } from '../../../runtime/api/contract.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { newAuthority, newKeyAndRequest, sign } from '../../../runtime/trust/ca.ts';
import { readCredentialFolder } from '../../../runtime/trust/credential-folder.ts';
import { covey } from './fake-cluster.ts';

const DAY_MS = 24 * 3600 * 1000;
const folder = mkdtempSync(join(tmpdir(), 'covey-cli-trust-'));
afterAll(() => rmSync(folder, { recursive: true }));

const row = (name: string, more: Partial<CredentialRow> = {}): CredentialRow => ({
	name,
	role: 'viewer',
	state: 'open',
	createdAt: Date.now() - 3 * DAY_MS,
	by: 'a-person-with-a-long-name',
	expiresAt: Date.now() + 362.5 * DAY_MS,
	revokedAt: null,
	...more,
});
const rows = [
	row('wall'),
	row('a-script-with-a-rather-long-name', { role: 'operator', state: 'revoked', revokedAt: Date.now() - DAY_MS }),
];

test.each([80, 120])('the table of credentials fits %i columns', async (columns) => {
	const { out } = await covey('credentials', { ask: async () => ({ credentials: rows }) }, columns);
	for (const line of out.trimEnd().split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
	expect(out).toMatch(/wall .*viewer .*open .*in 362 d 12 h/);
	expect(out).toMatch(/revoked 1 d ago/);
});

test('without any, the way to the first is shown', async () => {
	expect((await covey('credentials list', { ask: async () => ({ credentials: [] }) })).out).toContain(
		'covey credentials add NAME --role',
	);
});

test('a role must be said, and be one of two', async () => {
	expect((await covey('credentials add ci')).exit).toBe(2);
	const { exit, err } = await covey('credentials add ci --role admin');
	expect(exit).toBe(2);
	expect(err).toContain('operator or viewer');
});

test('a refusal leaves no folder behind', async () => {
	const ask = async () => {
		throw new CoveyError('NAME_TAKEN', 'There is a credential called ci already.');
	};
	const { exit, err } = await covey(`credentials add ci --role viewer --out ${folder}/ci`, { ask });
	expect(exit).toBe(3);
	expect(err).toContain('called ci already');
	expect(readdirSync(folder)).toEqual([]);
});

test('a machine that is no host makes its keys itself: what it prints is signed elsewhere, and only that answer is accepted', async () => {
	const at = join(folder, 'far');
	const asked = await covey(`credentials request far --role viewer --out ${at}`);
	const wish = JSON.parse(asked.out);
	expect(asked.out).not.toMatch(/PRIVATE|SU[A-Z2-7]{56}/);
	const authority = await newAuthority('covey-1', Date.now());
	const certify = (request: string) =>
		sign({ authority, request, subject: { type: 'credential', name: 'far' }, now: Date.now() });
	const ask = async () => ({
		certificate: await certify(wish.request),
		ca: authority.certificate,
		cluster: 'covey-1',
		servers: ['192.0.2.7:4222'],
	});
	expect((await covey('credentials sign --role operator', { ask }, undefined, asked.out)).err).toContain('for the role viewer');
	const signed = await covey('credentials sign --role viewer', { ask }, undefined, asked.out);
	const foreign = { ...JSON.parse(signed.out), certificate: await certify((await newKeyAndRequest()).request) };
	expect((await covey(`credentials accept ${at}`, {}, undefined, JSON.stringify(foreign))).err).toContain('not for the key');
	const accepted = await covey(`credentials accept ${at}`, {}, undefined, signed.out);
	expect(accepted.exit, accepted.err).toBe(0);
	expect(readCredentialFolder(at)?.about).toMatchObject({ name: 'far', role: 'viewer', issued: { cluster: 'covey-1' } });
	expect((await covey(`credentials accept ${folder}`, {}, undefined, signed.out)).err).toContain('No credential was begun');
	expect((await covey(`credentials accept ${at}`, {}, undefined, 'hello')).err).toContain('covey credentials sign');
});

test('renewing where there is no credential says so', async () => {
	const { exit, err } = await covey(`credentials renew ${folder}`);
	expect(exit).toBe(2);
	expect(err).toContain('no finished credential');
});

const key = (id: string, values: number, waiting: string[] = []) => ({
	id,
	createdAt: Date.now() - DAY_MS,
	by: 'cli',
	values,
	waiting,
});

test('the table of keys says who lacks the newest', async () => {
	const status = { keys: [key('0000beef', 3, ['cedar']), key('0000dead', 0)], members: 3 };
	const { out } = await covey('secrets', { ask: async () => status }, 80);
	expect(out).toMatch(/0000beef {2}seals .* 2 of 3, without cedar/);
	expect(out).toMatch(/0000dead {2}opens/);
});

test('rotate --wait follows until every secret is sealed anew, under one name for the key', async () => {
	const asked: [string, { id?: string }][] = [];
	const ask = async (question: string, input: { id?: string }) => {
		asked.push([question, input]);
		const left = question === 'secrets.rotate' ? 2 : 2 - asked.length + 1;
		return { keys: [key(asked[0]?.[1].id ?? '', 3 - left), key('0000dead', left)], members: 3 };
	};
	const { exit, out } = await covey('secrets rotate --wait', { ask });
	expect(exit).toBe(0);
	expect(asked.map(([question]) => question)).toEqual(['secrets.rotate', 'secrets.status', 'secrets.status']);
	expect(out).toContain(`${asked[0]?.[1].id} is the cluster's key now. Every secret is sealed with it; every host has it.`);
});
