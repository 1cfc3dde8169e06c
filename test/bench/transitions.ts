// N1: durable transitions a second on three hosts, beside bare compare-and-set puts of the same size into the same stream by the
// same three processes. Not measured: machines with effects, records above 1 KB, hosts on separate disks.
import { randomUUID } from 'node:crypto';
import { sendCommand } from '../../nats/bus.ts';
import { type Figure, quantile } from './table.ts';
import { ACTORS, EACH, rate, startRig } from './transitions-rig.ts';

export async function transitions(): Promise<Figure[]> {
	await using rig = await startRig({ secure: false });
	const { workers, nc } = rig;
	await rate(workers, 'transition', EACH, 1_000);
	// Alternating rounds, so that a noisy moment hits both.
	const ours: number[] = [];
	const raw: number[] = [];
	for (let round = 0; round < 3; round++) {
		raw.push(await rate(workers, 'raw', EACH, 3_000));
		ours.push(await rate(workers, 'transition', EACH, 3_000));
	}
	const [serialRaw, serialOurs] = [
		await rate(workers.slice(1, 2), 'raw', 1, 3_000),
		await rate(workers.slice(1, 2), 'transition', 1, 3_000),
	];
	const waits: number[] = [];
	for (let i = 0; i < 2_000; i++) {
		const began = performance.now();
		await sendCommand(nc, { kind: 'count', id: `cedar-${i % EACH}` }, { cmdId: randomUUID(), type: 'count.up', by: 'bench' });
		waits.push(performance.now() - began);
	}
	const [mine, limit] = [quantile(ours, 0.5), quantile(raw, 0.5)];
	return [
		{
			name: `N1 transitions, ${ACTORS} actors`,
			ours: mine,
			unit: '/s',
			beside: { what: 'raw puts', value: limit },
			ratio: mine / limit,
			goal: '>= 0.8',
			met: mine / limit >= 0.8,
		},
		{
			name: 'N1 transitions, one actor',
			ours: serialOurs,
			unit: '/s',
			beside: { what: 'raw puts', value: serialRaw },
			ratio: serialOurs / serialRaw,
			goal: 'shown',
			met: true,
		},
		{
			name: 'command to durable answer, p50',
			ours: quantile(waits, 0.5),
			unit: 'ms',
			goal: '<= 5 ms',
			met: quantile(waits, 0.5) <= 5,
		},
		{
			name: 'command to durable answer, p99',
			ours: quantile(waits, 0.99),
			unit: 'ms',
			goal: '<= 50 ms',
			met: quantile(waits, 0.99) <= 50,
		},
	];
}
