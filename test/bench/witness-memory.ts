// N6 of a witness: its process after a minute of idleness, as `covey join` leaves it. Its nats-server is not counted.
import { setTimeout as delay } from 'node:timers/promises';
import { startGrown } from '../helpers/grown-cluster.ts';
import { IDLE_MS, memoryOf } from './memory.ts';
import type { Figure } from './table.ts';

const GOAL_MB = 60;

export async function witnessMemory(): Promise<Figure[]> {
	await using cluster = await startGrown('alder');
	const { pid } = await cluster.add('willow', 'alder', { witness: true });
	await delay(IDLE_MS);
	const { rss, pss } = memoryOf(pid);
	const common = { name: 'N6 witness idle, RSS', unit: 'MB', goal: `< ${GOAL_MB} MB` };
	return [
		{ ...common, ours: rss, met: rss < GOAL_MB },
		{ ...common, name: 'N6 witness idle, PSS', ours: pss, goal: 'shown', met: true },
	];
}
