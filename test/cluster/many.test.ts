// Fifty installs at once, and the end of everything: kill -9 of the whole cluster.
import { readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoCluster, startDemo } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 240_000;
const COUNT = 50;
/** Rebuilds of a host for its share of the fifty: what waits while one is built shares the next one. */
const MAX_REBUILDS = 3;
const names = Array.from({ length: COUNT }, (_, index) => `n${index}`);
let cluster: DemoCluster;

beforeAll(async () => {
	cluster = await startDemo();
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

test(`${COUNT} installs at once: all run, each once, and they shared their builds`, { timeout: LIMIT }, async () => {
	await Promise.all(names.map((name) => cluster.create('notes', name)));
	const urls: string[] = [];
	for (const name of names) urls.push(String((await cluster.untilRest(name, ['running'], 200_000)).url));
	expect(new Set(urls.map((url) => new URL(url).port)).size).toBe(COUNT);
	// The first generation of a host is the empty one.
	const rebuilds = [...cluster.hosts.keys()].map(
		(host) => Number(basename(readlinkSync(join(cluster.folder, host, 'current')))) - 1,
	);
	expect(Math.max(...rebuilds), `rebuilds of the hosts: ${rebuilds.join(', ')}`).toBeLessThanOrEqual(MAX_REBUILDS);
	for (const name of names) await cluster.plant(name);
});

test('kill -9 of all hosts: the cluster comes back with every app and its data', { timeout: LIMIT }, async () => {
	await cluster.killAll();
	await cluster.restart();
	for (const name of names) await cluster.untilRest(name, ['running'], 120_000);
	await eventually(
		'all serve',
		async () => (await gather(cluster)).planted.every(({ served, text }) => served?.includes(text)),
		60_000,
	);
	expect(verify(await gather(cluster))).toEqual([]);
});
