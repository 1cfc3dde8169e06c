// Two hosts, and the one that votes is lost: the other goes on from its copy, however often the recovery is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { type GrownCluster, startGrown } from '../helpers/grown-cluster.ts';
import { processesOf } from '../helpers/strays.ts';

const LIMIT = 240_000;
const COVEY = fileURLToPath(new URL('../../covey.ts', import.meta.url));
let cluster: GrownCluster;

beforeAll(async () => {
	cluster = await startGrown('alder');
	await cluster.add('birch', 'alder');
	for (const [app, host] of [
		['stays', 'birch'],
		['lost', 'alder'],
	] as const) {
		const { code, data } = await cluster.cli('alder', 'install', 'notes', '--name', app, '--host', host, '--wait');
		expect(code, JSON.stringify(data)).toBe(0);
	}
	const since = Date.now();
	await eventually('birch has a copy of all this', async () => {
		const { data } = await cluster.cli('alder', 'hosts');
		return data.hosts.some(({ host, copyAt }: { host: string; copyAt: number }) => host === 'birch' && copyAt > since);
	});
}, LIMIT);
afterAll(() => cluster?.[Symbol.asyncDispose](), LIMIT);

const there = (...parts: string[]): boolean => existsSync(join(cluster.dataOf('birch'), ...parts));

/** `covey recover --yes`, killed at the first sight of something. */
async function killedWhen(isTime: () => boolean): Promise<void> {
	const child = spawn(process.execPath, [COVEY, 'recover', '--yes', '--json', '--data', cluster.dataOf('birch')], {
		stdio: 'ignore',
	});
	const ended = new Promise((resolve) => child.once('exit', resolve));
	await eventually('it is time to be killed', () => isTime() || hasEnded(child));
	expect(hasEnded(child)).toBe(false);
	child.kill('SIGKILL');
	await ended;
}
const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

test('the lost voter had the only key of the authority: said before anything is done', { timeout: LIMIT }, async () => {
	for (const name of ['alder', 'birch']) cluster.kill(name);
	const { code, data } = await cluster.cli('birch', 'recover');
	expect(code, JSON.stringify(data)).toBe(0);
	expect(data).toMatchObject({
		done: false,
		source: { type: 'copy', why: null },
		forgotten: [{ host: 'alder', votes: true, apps: ['lost'] }],
		appsHere: ['stays'],
		authority: 'new',
	});
	expect(there('recovery')).toBe(false);
});

test('killed while it makes ready, nothing has changed; it begins anew and leaves nothing running', {
	timeout: LIMIT,
}, async () => {
	await killedWhen(() => there('recovery', 'nats', 'founding'));
	await killedWhen(() => there('recovery', 'nats', 'store', 'jetstream', 'COVEY', 'streams', 'KV_covey_config'));
	expect(there('recovering.json')).toBe(false);
	expect(there('cluster.json')).toBe(true);
});

test('it goes on as a cluster of its own: app and records are there, a new authority lets hosts in', {
	timeout: LIMIT,
}, async () => {
	const { code, data } = await cluster.cli('birch', 'recover', '--yes');
	expect(code, JSON.stringify(data)).toBe(0);
	expect(processesOf(join(cluster.dataOf('birch'), 'recovery'))).toEqual([]);
	await cluster.revive('birch');
	await eventually('its app runs, the other is lost', async () => {
		const { data } = await cluster.cli('birch', 'apps');
		const phases = Object.fromEntries(data.apps.map((app: { instance: string; phase: string }) => [app.instance, app.phase]));
		if (phases.stays === 'running' && phases.lost === 'error') return true;
		throw new Error(JSON.stringify(phases));
	});
	// Its record said so before the host has looked.
	await eventually('it obeys', async () => {
		const { code, data } = await cluster.cli('birch', 'restart', 'stays', '--wait');
		if (code === 0) return true;
		throw new Error(JSON.stringify(data));
	});
	// The lost one has the old authority's certificate; nobody here believes it.
	await cluster.revive('alder');
	await eventually('alder is alone', async () => {
		const { data } = await cluster.cli('alder', 'hosts');
		const seen = data.hosts?.map(({ host, presence }: { host: string; presence: string }) => `${host} ${presence}`);
		if (seen?.sort().join() === 'alder online,birch offline') return true;
		throw new Error(JSON.stringify(seen ?? data));
	});
	await cluster.add('fir', 'birch');
	await cluster.untilOnline('fir', ['birch', 'fir']);
	const { data: hosts } = await cluster.cli('birch', 'hosts');
	expect(hosts.hosts.map(({ host }: { host: string }) => host).sort()).toEqual(['birch', 'fir']);
});
