// N1: durable transitions a second on three hosts, beside bare compare-and-set puts of the same size into the same stream by the
// same three processes. Not measured: machines with effects, records above 1 KB, hosts on separate disks.
import { randomUUID } from 'node:crypto';
import { sendCommand } from '../../nats/bus.ts';
import { type Figure, quantile } from './table.ts';
import { ACTORS, EACH, type Pace, pace, startRig } from './transitions-rig.ts';

const ROUNDS = 5;

export async function transitions(): Promise<Figure[]> {
	await using rig = await startRig({ secure: false, deaf: true });
	const { workers, deaf, nc } = rig;
	await pace(workers, 'transition', EACH, 1_000);
	for (const clients of [workers, deaf]) await pace(clients, 'raw', EACH, 1_000);
	// Alternating rounds, so that a noisy moment hits both.
	const ours: Pace[] = [];
	const raw: Pace[] = [];
	const alone: Pace[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		raw.push(await pace(workers, 'raw', EACH, 3_000));
		ours.push(await pace(workers, 'transition', EACH, 3_000));
		alone.push(await pace(deaf, 'raw', EACH, 3_000));
	}
	const [serialRaw, serialOurs] = [
		await pace(workers.slice(1, 2), 'raw', 1, 3_000),
		await pace(workers.slice(1, 2), 'transition', 1, 3_000),
	];
	const waits: number[] = [];
	for (let i = 0; i < 2_000; i++) {
		const began = performance.now();
		await sendCommand(nc, { kind: 'count', id: `cedar-${i % EACH}` }, { cmdId: randomUUID(), type: 'count.up', by: 'bench' });
		waits.push(performance.now() - began);
	}
	const [mine, limit] = [median(ours, 'rate'), median(raw, 'rate')];
	const [myCpu, rawCpu] = [median(ours, 'cpu'), median(raw, 'cpu')];
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
			name: 'N1 clients, processor time of one',
			ours: myCpu,
			unit: 'µs',
			beside: { what: 'raw puts', value: rawCpu },
			ratio: myCpu / rawCpu,
			goal: 'shown',
			met: true,
		},
		{
			name: 'N1 transitions, beside clients that hear no news',
			ours: mine,
			unit: '/s',
			beside: { what: 'raw puts', value: median(alone, 'rate') },
			ratio: mine / median(alone, 'rate'),
			goal: 'shown',
			met: true,
		},
		{
			name: 'N1 transitions, one actor',
			ours: serialOurs.rate,
			unit: '/s',
			beside: { what: 'raw puts', value: serialRaw.rate },
			ratio: serialOurs.rate / serialRaw.rate,
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

const median = (paces: readonly Pace[], of: keyof Pace): number =>
	quantile(
		paces.map((pace) => pace[of]),
		0.5,
	);
