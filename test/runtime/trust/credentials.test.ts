// A credential from both sides: whoever uses it with real files, the voter with the in-memory twin of the store.
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { inboxPrefix } from '../../../nats/inbox.ts';
import { CoveyError } from '../../../runtime/engine/errors.ts';
import { memoryDocuments } from '../../../runtime/engine/memory.ts';
import { CREDENTIAL_DAYS, newAuthority, newKeyAndRequest, pinOf, requestForKey } from '../../../runtime/trust/ca.ts';
import { inboxOf, readCredentialFolder } from '../../../runtime/trust/credential-folder.ts';
import {
	addCredential,
	type CredentialParts,
	type CredentialWish,
	listCredentials,
	renewCredential,
	revokeCredential,
} from '../../../runtime/trust/credentials.ts';
import { newSeed, nkeyOf } from '../../../runtime/trust/identity.ts';
import { issueCredential, renewCredentialFolder } from '../../../runtime/trust/issue-credential.ts';
import { type Roll, rollOf } from '../../../runtime/trust/members.ts';

const root = mkdtempSync(join(tmpdir(), 'covey-credentials-'));
afterAll(() => rmSync(root, { recursive: true }));
const DAY_MS = 24 * 3600 * 1000;
const authority = await newAuthority('covey-1', Date.now());
let parts: CredentialParts;
let roll: Roll;
let now: number;
let count = 0;
const fresh = () => join(root, `c${++count}`);
const code = (expected: string) => expect.objectContaining({ code: expected });

beforeEach(() => {
	now = Date.now();
	const documents = memoryDocuments();
	parts = {
		documents,
		authority: async () => authority,
		refresh: async () => {
			roll = rollOf(await documents.list('config'), roll);
			return roll;
		},
		now: () => now,
	};
	roll = { members: [], credentials: [] };
});

const wishes: CredentialWish[] = [];
const ask = async (wish: CredentialWish) => {
	wishes.push(wish);
	const { certificate } = await addCredential(parts, wish);
	return { certificate, ca: authority.certificate, cluster: 'covey-1', servers: ['192.0.2.7:4222', '192.0.2.8:4222'] };
};
const add = (folder: string, name = 'ci', role: 'operator' | 'viewer' = 'operator') =>
	issueCredential({ folder, name, role, by: 'test' }, ask);
const wish = async (name = 'ci'): Promise<CredentialWish> => ({
	name,
	role: 'operator',
	request: (await newKeyAndRequest()).request,
	nkey: nkeyOf(newSeed()),
	by: 'test',
});

test('the folder is for its user only, and holds all that is needed; the secrets were never sent', async () => {
	const folder = fresh();
	const made = await add(folder);
	expect(statSync(folder).mode & 0o777).toBe(0o700);
	const files = ['README.txt', 'ca.pem', 'client.key', 'client.pem', 'credential.json', 'nats-context.json', 'user.nk'];
	expect(readdirSync(folder).sort()).toEqual(files);
	for (const file of files) expect(statSync(join(folder, file)).mode & 0o777, file).toBe(0o600);
	const sent = JSON.stringify(wishes.at(-1));
	expect(sent).not.toContain(made.keys.seed);
	expect(sent).not.toContain('PRIVATE');
	expect(roll.credentials).toMatchObject([
		{ name: 'ci', role: 'operator', nkey: nkeyOf(made.keys.seed), pin: pinOf(readFileSync(made.files.certFile, 'utf8')) },
	]);
	const context = JSON.parse(readFileSync(join(folder, 'nats-context.json'), 'utf8'));
	expect(context).toMatchObject({
		url: 'tls://192.0.2.7:4222,tls://192.0.2.8:4222',
		nkey: join(folder, 'user.nk'),
		inbox_prefix: inboxPrefix({ type: 'credential', name: 'ci' }),
	});
});

test('both sides agree where its answers come to', () => {
	expect(inboxOf('ci')).toBe(inboxPrefix({ type: 'credential', name: 'ci' }));
});

test('the certificate is good for a year, for a client only', async () => {
	const { files } = await add(fresh());
	const certificate = new X509Certificate(readFileSync(files.certFile));
	expect(Math.round((Date.parse(certificate.validTo) - now) / DAY_MS)).toBe(CREDENTIAL_DAYS);
	expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
	expect(certificate.subject).toBe('CN=ci');
});

test('killed before the answer was written, the same call goes on with the same keys', async () => {
	const folder = fresh();
	const lost = issueCredential({ folder, name: 'ci', role: 'viewer', by: 'test' }, async (asked) => {
		await ask(asked);
		throw new CoveyError('TIMEOUT', 'The answer is lost.');
	});
	await expect(lost).rejects.toEqual(code('TIMEOUT'));
	expect(readCredentialFolder(folder)?.about.issued).toBeNull();
	await add(folder, 'ci', 'viewer');
	expect(wishes.at(-1)?.nkey).toBe(wishes.at(-2)?.nkey);
	expect(await listCredentials(parts.documents)).toHaveLength(1);
});

test('killed between its first files, the folder is begun anew', async () => {
	const folder = fresh();
	await add(folder);
	for (const file of readdirSync(folder)) if (!['client.key', 'user.nk'].includes(file)) rmSync(join(folder, file));
	await revokeCredential(parts, 'ci');
	await add(folder);
	expect(roll.credentials).toHaveLength(1);
});

test('a refused one leaves nothing behind, and what else is in a folder stays', async () => {
	await add(fresh());
	const folder = fresh();
	await expect(add(folder)).rejects.toEqual(code('NAME_TAKEN'));
	expect(() => statSync(folder)).toThrow(/ENOENT/);
	const used = mkdtempSync(join(root, 'used-'));
	writeFileSync(join(used, 'letter.txt'), 'Dear');
	await expect(add(used, 'other')).rejects.toEqual(code('USAGE'));
	expect(readdirSync(used)).toEqual(['letter.txt']);
});

test('a folder with a credential is not given to another one', async () => {
	const folder = fresh();
	await add(folder);
	await expect(add(folder)).rejects.toEqual(code('USAGE'));
	await expect(add(folder, 'other')).rejects.toEqual(code('USAGE'));
	expect(readCredentialFolder(folder)?.about.name).toBe('ci');
});

test('a role is never changed in silence', async () => {
	const asked = await wish();
	await addCredential(parts, asked);
	await expect(addCredential(parts, { ...asked, role: 'viewer' })).rejects.toEqual(code('NAME_TAKEN'));
});

test('a revoked key never comes back, under no name; the name may, with new keys', async () => {
	const asked = await wish();
	await addCredential(parts, asked);
	await revokeCredential(parts, 'ci');
	expect(roll.credentials).toEqual([]);
	await expect(addCredential(parts, asked)).rejects.toEqual(code('NOT_TRUSTED'));
	await expect(addCredential(parts, { ...asked, name: 'other' })).rejects.toEqual(code('NOT_TRUSTED'));
	await expect(renewCredential(parts, 'ci', asked.request)).rejects.toEqual(code('NOT_TRUSTED'));
	await addCredential(parts, await wish());
	expect(roll.credentials).toMatchObject([{ name: 'ci', revokedAt: null }]);
});

test('the keys of one are refused for another: no server takes a key twice', async () => {
	const [first, second] = [await wish(), await wish('second')];
	await addCredential(parts, first);
	await expect(addCredential(parts, { ...second, nkey: first.nkey })).rejects.toEqual(code('NOT_TRUSTED'));
	await expect(addCredential(parts, { ...second, request: first.request })).rejects.toEqual(code('NOT_TRUSTED'));
	expect(roll.credentials).toHaveLength(1);
});

test('of two that take a name at once, one gets it', async () => {
	const outcomes = await Promise.allSettled([addCredential(parts, await wish()), addCredential(parts, await wish())]);
	expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a renewed certificate is for the same key; another key gets none', async () => {
	const folder = fresh();
	const before = await add(folder);
	const pin = pinOf(readFileSync(before.files.certFile, 'utf8'));
	now += 300 * DAY_MS;
	const after = await renewCredentialFolder(before, async ({ name, request }) => ({
		certificate: (await renewCredential(parts, name, request)).certificate,
		servers: ['192.0.2.9:4222'],
	}));
	const certificate = readFileSync(after.files.certFile, 'utf8');
	expect(pinOf(certificate)).toBe(pin);
	expect(Math.round((Date.parse(new X509Certificate(certificate).validTo) - now) / DAY_MS)).toBe(CREDENTIAL_DAYS);
	expect(readFileSync(join(folder, 'README.txt'), 'utf8')).toContain('192.0.2.9');
	await expect(renewCredential(parts, 'ci', (await newKeyAndRequest()).request)).rejects.toEqual(code('NOT_TRUSTED'));
});

test('renewing again and again writes nothing: a viewer may do it all day', async () => {
	const { keys, about } = await add(fresh(), 'wall', 'viewer');
	const request = await requestForKey(keys.key);
	const before = await parts.documents.read('config', 'credential-wall');
	await renewCredential(parts, about.name, request);
	expect(await parts.documents.read('config', 'credential-wall')).toEqual(before);
	now += 2 * DAY_MS;
	await renewCredential(parts, about.name, request);
	expect((await parts.documents.read('config', 'credential-wall'))?.revision).not.toBe(before?.revision);
});

test('one that there is not is said so', async () => {
	await expect(revokeCredential(parts, 'nobody')).rejects.toEqual(code('NOT_TRUSTED'));
});
