// N6: memory of a host's process that has been idle for a minute: one with 20 apps, and the largest of those without any. RSS counts
// all of Node's own pages in full; PSS shares those out among the processes of this machine that use them. The nats-server is a
// process of its own and not counted. Linux only; not measured: the growth over weeks.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { DemoCluster } from '../helpers/demo-cluster.ts';
import type { Figure } from './table.ts';

export const IDLE_MS = 60_000;
const GOAL_MB = 100;

/** Of a cluster that nobody uses any more. */
export async function idleMemory(cluster: DemoCluster, withApps: string, apps: number): Promise<Figure[]> {
	await delay(IDLE_MS);
	const one = memoryOf(cluster.host(withApps).pid);
	const others = [...cluster.hosts.values()].filter(({ name }) => name !== withApps).map(({ pid }) => memoryOf(pid).rss);
	const largest = Math.max(...others);
	return [
		{
			name: `N6 host process, idle, ${apps} apps, RSS`,
			ours: one.rss,
			unit: 'MB',
			goal: `< ${GOAL_MB} MB`,
			met: one.rss < GOAL_MB,
		},
		{ name: `N6 host process, idle, ${apps} apps, PSS`, ours: one.pss, unit: 'MB', goal: 'shown', met: true },
		{ name: 'N6 host process, idle, no apps, RSS', ours: largest, unit: 'MB', goal: `< ${GOAL_MB} MB`, met: largest < GOAL_MB },
	];
}

/** MB, of 10^6 bytes. */
export function memoryOf(pid: number): { rss: number; pss: number } {
	const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
	const field = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) * 1024) / 1e6;
	return { rss: field('Rss'), pss: field('Pss') };
}
