// The workflow of flow-kind.ts on one host of ours and on three, and the same on Restate's server, one after the other on this machine:
// workflows a second with 50 at a time, and the time of one alone. A workflow counts from the request until its end is durable and
// known to whoever asked. Both sync their log to the disk at each step. Not measured: Restate as a cluster, larger steps, separate disks.
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuckets } from '../../nats/buckets.ts';
import { connectNats } from '../../nats/connect.ts';
import { natsStore } from '../../nats/store.ts';
import { createSubject } from '../../nats/subjects.ts';
import { hostFlags } from '../../runtime/setup/host-launch.mjs';
import { startNatsCluster } from '../helpers/nats-cluster.ts';
import { type Flows, startRestate } from './restate.ts';
import { type Figure, quantile } from './table.ts';

const TOGETHER = 50;
const MANY = 1_000;
const FEW = 100;
const WORKER = fileURLToPath(new URL('flow-worker.ts', import.meta.url));

interface Rates {
	perSecond: number;
	aloneMs: number;
}

export async function flows(): Promise<Figure[]> {
	const peer = await startRestate();
	if (peer.status === 'absent')
		return [
			...figures('one host', await measured(ours(1)), null, peer.why),
			...figures('three hosts', await measured(ours(3)), null, peer.why),
		];
	const theirs = await measured(Promise.resolve(peer.flows));
	const note = `Restate ${peer.version}`;
	return [
		...figures('one host', await measured(ours(1)), theirs, note),
		...figures('three hosts', await measured(ours(3)), theirs, note),
	];
}

async function measured(starting: Promise<Flows>): Promise<Rates> {
	await using flows = await starting;
	await burst(flows, FEW, TOGETHER);
	const perSecond = await burst(flows, MANY, TOGETHER);
	const waits: number[] = [];
	for (let index = 0; index < FEW; index++) {
		const began = performance.now();
		await flows.run(randomUUID());
		waits.push(performance.now() - began);
	}
	return { perSecond, aloneMs: quantile(waits, 0.5) };
}

async function burst(flows: Flows, count: number, together: number): Promise<number> {
	const began = performance.now();
	let started = 0;
	const lane = async () => {
		while (started++ < count) await flows.run(randomUUID());
	};
	await Promise.all(Array.from({ length: together }, lane));
	return count / ((performance.now() - began) / 1000);
}

async function ours(count: 1 | 3): Promise<Flows> {
	const cluster = await startNatsCluster(count);
	const [first] = cluster.servers;
	if (!first) throw new Error('no server');
	const growth = await connectNats({ ...first.own('growth'), name: 'bench' });
	await ensureBuckets(growth, count);
	await growth.close();
	const workers = await Promise.all(
		cluster.servers.map(async ({ url, topology }) => {
			const folder = join(cluster.folder, `jobs-${topology.name}`);
			await mkdir(folder);
			return startWorker([url, topology.name, folder]);
		}),
	);
	const nc = await connectNats({ servers: cluster.servers.map(({ url }) => url), name: 'bench' });
	const waiting = new Map<string, () => void>();
	const stop = natsStore(nc).watch(({ record }) => {
		if (record.kind === 'flow' && record.snap.status === 'done') waiting.get(record.id)?.();
	});
	return {
		async run(name) {
			const ended = new Promise<void>((resolve) => waiting.set(name, resolve));
			const reply = (await nc.request(createSubject('flow'), JSON.stringify({ cmdId: name, name }), { timeout: 10_000 })).json();
			if (!(reply as { ok: boolean }).ok) throw new Error(JSON.stringify(reply));
			await ended;
			waiting.delete(name);
		},
		async [Symbol.asyncDispose]() {
			stop();
			for (const worker of workers) worker.kill('SIGKILL');
			await nc.close();
			await cluster[Symbol.asyncDispose]();
		},
	};
}

function startWorker(argv: string[]): Promise<ChildProcess> {
	return new Promise((resolve, reject) => {
		const worker = fork(WORKER, argv, { execArgv: hostFlags() });
		worker.once('message', () => resolve(worker));
		worker.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
	});
}

function figures(where: string, mine: Rates, theirs: Rates | null, note: string): Figure[] {
	const beside = (value: number) => ({ what: note, value });
	return [
		{
			name: `workflows of three steps, ${where}, ${TOGETHER} at a time`,
			ours: mine.perSecond,
			unit: '/s',
			...(theirs ? { beside: beside(theirs.perSecond), ratio: mine.perSecond / theirs.perSecond } : {}),
			goal: theirs ? 'shown' : `alone: ${note}`,
			met: true,
		},
		{
			name: `one workflow of three steps, ${where}, median`,
			ours: mine.aloneMs,
			unit: 'ms',
			...(theirs ? { beside: beside(theirs.aloneMs), ratio: mine.aloneMs / theirs.aloneMs } : {}),
			goal: theirs ? 'shown' : `alone: ${note}`,
			met: true,
		},
	];
}
