// What a cluster of three real hosts costs and bears, with 20 apps on one of them: N9 (20 installs at once), N6 (memory) and N2
// (takeover). On one machine with one disk; not measured: hosts on a real network, more than three hosts.
import { readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type DemoCluster, startDemo } from '../helpers/demo-cluster.ts';
import { idleMemory } from './memory.ts';
import type { Figure } from './table.ts';
import { takeovers } from './takeovers.ts';
import { witnessMemory } from './witness-memory.ts';

const APPS = Array.from({ length: 20 }, (_, index) => `app${index}`);
const VICTIM = 'birch';

export async function hosts(kills: number): Promise<Figure[]> {
	const witness = await witnessMemory();
	await using cluster = await startDemo();
	const rebuilds = await installAtOnce(cluster);
	return [
		{ name: `N9 rebuilds for ${APPS.length} installs at once`, ours: rebuilds, unit: '', goal: '<= 2', met: rebuilds <= 2 },
		...(await idleMemory(cluster, VICTIM, APPS.length)),
		...witness,
		...(await takeovers(cluster, { host: VICTIM, apps: APPS }, kills)),
	];
}

async function installAtOnce(cluster: DemoCluster): Promise<number> {
	const before = currentGeneration(cluster);
	await Promise.all(APPS.map((name) => cluster.client.create('install', { app: 'notes', name, host: VICTIM })));
	for (const name of APPS) await cluster.untilRest(name, ['running'], 180_000);
	return currentGeneration(cluster) - before;
}

/** Each build that differs gets the next number. */
const currentGeneration = (cluster: DemoCluster): number =>
	Number(basename(readlinkSync(join(cluster.folder, VICTIM, 'current'))));
