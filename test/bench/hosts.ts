// N2 (a host is killed: when do its actors have an owner again?), N6 (memory of an idle host with 20 apps) and N9 (20 installs
// at once). On one machine with one disk; not measured: hosts on a real network, more than three hosts.
import { readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { type DemoCluster, startDemo } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { type Figure, quantile } from './table.ts';

const APPS = 20;
const VICTIM = 'birch';

export async function hosts(kills: number): Promise<Figure[]> {
	await using cluster = await startDemo();
	const rebuilds = await installAtOnce(cluster);
	const memory = await idleMemory(cluster);
	const process = await takeovers(cluster, kills, 'host');
	const both = await takeovers(cluster, Math.max(2, Math.ceil(kills / 4)), 'both');
	return [
		{ name: `N9 rebuilds for ${APPS} installs at once`, ours: rebuilds, unit: '', goal: '<= 2', met: rebuilds <= 2 },
		{ name: `N6 host process, idle, ${APPS} apps`, ours: memory, unit: 'MB', goal: '< 100 MB', met: memory < 100 },
		{
			name: `N2 takeover, ${process.length} kills, median`,
			ours: quantile(process, 0.5),
			unit: 'ms',
			goal: '< 3000 ms',
			met: quantile(process, 0.5) < 3_000,
		},
		{ name: 'N2 takeover, slowest', ours: Math.max(...process), unit: 'ms', goal: 'shown', met: true },
		{
			name: `N2 with the nats-server, ${both.length} kills, slowest`,
			ours: Math.max(...both),
			unit: 'ms',
			goal: '<= 12000 ms',
			met: Math.max(...both) <= 12_000,
		},
	];
}

async function installAtOnce(cluster: DemoCluster): Promise<number> {
	const before = currentGeneration(cluster);
	const names = Array.from({ length: APPS }, (_, index) => `app${index}`);
	await Promise.all(names.map((name) => cluster.client.create('install', { app: 'notes', name, host: VICTIM })));
	for (const name of names) await cluster.untilRest(name, ['running'], 180_000);
	return currentGeneration(cluster) - before;
}

/** Each build that differs gets the next number. */
const currentGeneration = (cluster: DemoCluster): number =>
	Number(basename(readlinkSync(join(cluster.folder, VICTIM, 'current'))));

/** The largest of three looks, a facts period apart. */
async function idleMemory(cluster: DemoCluster): Promise<number> {
	let seenAt = 0;
	const looks: number[] = [];
	while (looks.length < 3) {
		const facts = await eventually('newer facts', async () =>
			(await cluster.ask('hosts')).hosts.find(({ host, at }) => host === VICTIM && at > seenAt),
		);
		seenAt = facts.at;
		looks.push(facts.rss / 1e6);
	}
	return Math.max(...looks);
}

async function takeovers(cluster: DemoCluster, kills: number, what: 'host' | 'both'): Promise<number[]> {
	const times: number[] = [];
	for (let kill = 0; kill < kills; kill++) {
		await eventually(
			`all are back on ${VICTIM}`,
			async () =>
				(await cluster.ask('actors')).actors.every(
					({ owner, phase, effects }) => owner === VICTIM && phase === 'running' && effects.length === 0,
				),
			120_000,
		);
		const waiting = new Set(Array.from({ length: APPS }, (_, index) => `app${index}`));
		const taken = new Promise<void>((resolve) => {
			const stops = [...waiting].map((id) =>
				cluster.client.watchActor({ kind: 'install', id }, ({ owner }: ActorRecord) => {
					if (owner === null || owner.host === VICTIM) return;
					waiting.delete(id);
					if (waiting.size > 0) return;
					for (const stop of stops) stop();
					resolve();
				}),
			);
		});
		const began = performance.now();
		cluster.kill(VICTIM, what);
		await taken;
		times.push(performance.now() - began);
		await cluster.revive(VICTIM);
	}
	return times;
}
