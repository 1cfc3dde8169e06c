// N1: durable transitions a second on three hosts, beside bare compare-and-set puts of the same size into the same stream by the
// same three processes. Not measured: machines with effects, records above 1 KB, hosts on separate disks.
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ensureBuckets } from '../../nats/buckets.ts';
import { sendCommand } from '../../nats/bus.ts';
import { connectNats } from '../../nats/connect.ts';
import { startNatsCluster } from '../helpers/nats-cluster.ts';
import { type Figure, quantile } from './table.ts';

const ACTORS = 200;
const HOSTS = ['alder', 'birch', 'cedar'];
const WORKER = fileURLToPath(new URL('transitions-worker.ts', import.meta.url));

export async function transitions(): Promise<Figure[]> {
	await using cluster = await startNatsCluster(3);
	const urls = cluster.servers.map(({ url }) => url);
	const nc = await connectNats({ servers: urls, name: 'bench' });
	await ensureBuckets(nc, 3);
	const each = Math.ceil(ACTORS / HOSTS.length);
	const workers = await Promise.all(HOSTS.map((host, index) => startWorker(urls[index] ?? '', host, each)));
	try {
		await rate(workers, 'transition', each, 1_000);
		// Alternating rounds, so that a noisy moment hits both.
		const ours: number[] = [];
		const raw: number[] = [];
		for (let round = 0; round < 3; round++) {
			raw.push(await rate(workers, 'raw', each, 3_000));
			ours.push(await rate(workers, 'transition', each, 3_000));
		}
		const [serialRaw, serialOurs] = [
			await rate(workers.slice(1, 2), 'raw', 1, 3_000),
			await rate(workers.slice(1, 2), 'transition', 1, 3_000),
		];
		const waits: number[] = [];
		for (let i = 0; i < 2_000; i++) {
			const began = performance.now();
			await sendCommand(nc, { kind: 'count', id: `cedar-${i % each}` }, { cmdId: randomUUID(), type: 'count.up', by: 'bench' });
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
	} finally {
		for (const worker of workers) worker.kill('SIGKILL');
		await nc.close();
	}
}

async function startWorker(url: string, host: string, actors: number): Promise<ChildProcess> {
	const worker = fork(WORKER, [url, host, String(actors)]);
	await told(worker);
	return worker;
}

async function rate(workers: readonly ChildProcess[], what: 'transition' | 'raw', flights: number, ms: number): Promise<number> {
	const began = performance.now();
	const made = await Promise.all(
		workers.map((worker) => {
			worker.send({ do: what, flights, ms });
			return told(worker);
		}),
	);
	return made.reduce((sum, { made: one = 0 }) => sum + one, 0) / ((performance.now() - began) / 1000);
}

function told(worker: ChildProcess): Promise<{ made?: number }> {
	return new Promise((resolve, reject) => {
		worker.once('message', (message) => resolve(message as { made?: number }));
		worker.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
	});
}
