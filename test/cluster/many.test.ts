// Fifty installs at once, and the end of everything: kill -9 of the whole cluster.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoCluster, startDemo } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { gather } from './findings.ts';
import { verify } from './verifier.ts';

const LIMIT = 240_000;
const COUNT = 50;
let cluster: DemoCluster;
const acknowledged: { actor: string; seq: number }[] = [];
const urls = new Map<string, string>();

beforeAll(async () => {
	cluster = await startDemo();
}, LIMIT);

afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
});

test(`${COUNT} installs at once: all run, each once, and they shared their builds`, { timeout: LIMIT }, async () => {
	const names = Array.from({ length: COUNT }, (_, index) => `n${index}`);
	await Promise.all(
		names.map(async (name) => {
			const reply = await cluster.client.create('install', { app: 'notes', name });
			acknowledged.push({ actor: `install/${name}`, seq: reply.seq });
		}),
	);
	for (const name of names) urls.set(name, String((await cluster.untilRest(name, ['running'], 200_000)).url));
	const ports = [...urls.values()].map((url) => new URL(url).port);
	expect(new Set(ports).size).toBe(COUNT);
	for (const [name, url] of urls) await fetch(url, { method: 'POST', body: `of ${name}` });
});

test('kill -9 of all hosts: the cluster comes back with every app and its data', { timeout: LIMIT }, async () => {
	await cluster.killAll();
	await cluster.restart();
	for (const [name, url] of urls) {
		await cluster.untilRest(name, ['running'], 120_000);
		await eventually(`${name} serves its data`, async () => (await (await fetch(url)).text()).includes(`of ${name}`), 60_000);
	}
	expect(verify(await gather(cluster, acknowledged))).toEqual([]);
});
