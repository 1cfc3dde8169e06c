// Machines come in by token, over TLS, as a person does it: real processes, real certificates.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { type GrownCluster, startGrown } from '../helpers/grown-cluster.ts';

const LIMIT = 240_000;
const JOIN_GOAL_MS = 15_000;
let cluster: GrownCluster;

beforeAll(async () => {
	cluster = await startGrown('alder');
}, LIMIT);
afterAll(() => cluster?.[Symbol.asyncDispose](), LIMIT);

test('a machine with a token is a member within seconds, and each host sees the other', { timeout: LIMIT }, async () => {
	const begun = performance.now();
	await cluster.add('birch', 'alder');
	expect(performance.now() - begun).toBeLessThan(JOIN_GOAL_MS * 4);
	for (const on of ['alder', 'birch']) await cluster.untilOnline(on, ['alder', 'birch']);
	const { data } = await cluster.cli('alder', 'token', 'list');
	expect(data.tokens).toMatchObject([{ state: 'spent', host: 'birch' }]);
});

test('the keys of a host are readable by its user only, and the key of the authority lies on no disk in the open', () => {
	for (const name of ['alder', 'birch']) {
		const folder = join(cluster.dataOf(name), 'trust');
		expect(statSync(folder).mode & 0o077).toBe(0);
		for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o077, file).toBe(0);
		expect(readdirSync(folder)).not.toContain('authority.json');
	}
});

test('an app is installed and commanded from either host', { timeout: LIMIT }, async () => {
	const { code, data } = await cluster.cli('birch', 'install', 'notes', '--name', 'shared', '--wait');
	expect(code, JSON.stringify(data)).toBe(0);
	expect((await cluster.cli('alder', 'restart', 'shared', '--wait')).code).toBe(0);
	await cluster.cli('alder', 'remove', 'shared', '--wait');
});

test('a used, a wrong and a revoked token let nobody in and leave nothing behind', { timeout: LIMIT }, async () => {
	const spent = await cluster.token('alder');
	expect(await cluster.run('cedar', ['join', spent, '--name', 'cedar'])).toMatchObject({ name: 'cedar' });
	expect(await cluster.run('dogwood', ['join', spent, '--name', 'dogwood'])).toMatchObject({ code: 'TOKEN_SPENT' });
	expect(await cluster.run('dogwood', ['join', spent.slice(0, -20), '--name', 'dogwood'])).toMatchObject({ code: 'TOKEN_WRONG' });
	const revoked = await cluster.token('birch');
	const { data } = await cluster.cli('alder', 'token', 'list');
	const open = data.tokens.find(({ state }: { state: string }) => state === 'open');
	expect((await cluster.cli('alder', 'token', 'revoke', open.id)).code).toBe(0);
	expect(await cluster.run('dogwood', ['join', revoked, '--name', 'dogwood'])).toMatchObject({ code: 'TOKEN_EXPIRED' });
	expect(existsSync(join(cluster.dataOf('dogwood'), 'cluster.json'))).toBe(false);
	expect(existsSync(join(cluster.dataOf('dogwood'), 'trust', 'identity.json'))).toBe(false);
	const { data: hosts } = await cluster.cli('alder', 'hosts');
	expect(hosts.hosts.map(({ host }: { host: string }) => host).sort()).toEqual(['alder', 'birch', 'cedar']);
});

test('a name that is taken is refused with the way out', { timeout: LIMIT }, async () => {
	const refused = await cluster.run('other', ['join', await cluster.token('alder'), '--name', 'birch']);
	expect(refused).toMatchObject({ code: 'NAME_TAKEN', next: expect.stringContaining('--name') });
});

test('a joiner killed before it has its answer joins with the same token', { timeout: LIMIT }, async () => {
	const token = await cluster.token('alder');
	const doomed = cluster.run('elm', ['join', token, '--name', 'elm']).catch((error: Error) => error);
	await eventually('it has asked', () => existsSync(join(cluster.dataOf('elm'), 'trust', 'joining.json')));
	cluster.kill('elm');
	await doomed;
	expect(await cluster.run('elm', ['join', token, '--name', 'elm'])).toMatchObject({ name: 'elm' });
	await cluster.untilOnline('alder', ['elm']);
});

test('everything comes back after everything was killed', { timeout: LIMIT }, async () => {
	const names = ['alder', 'birch', 'cedar', 'elm'];
	for (const name of names) cluster.kill(name);
	await Promise.all(names.map((name) => cluster.revive(name)));
	await cluster.untilOnline('birch', names);
	const { code, data } = await cluster.cli('elm', 'install', 'notes', '--name', 'after', '--wait');
	expect(code, JSON.stringify(data)).toBe(0);
});
