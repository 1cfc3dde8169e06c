// Three voters and one worker process beside each, for the benches of transitions.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureBuckets } from '../../nats/buckets.ts';
import { connectNats, type NatsConnection } from '../../nats/connect.ts';
import { hostFlags } from '../../runtime/setup/host-launch.mjs';
import { startNatsCluster } from '../helpers/nats-cluster.ts';

export const ACTORS = 200;
const HOSTS = ['alder', 'birch', 'cedar'];
/** Actors of one worker. */
export const EACH = Math.ceil(ACTORS / HOSTS.length);
const WORKER = fileURLToPath(new URL('transitions-worker.ts', import.meta.url));

export interface Rig extends AsyncDisposable {
	workers: ChildProcess[];
	/** Clients only: they put, and hear of nothing. */
	deaf: ChildProcess[];
	nc: NatsConnection;
}

export async function startRig(options: { secure: boolean; deaf?: boolean }): Promise<Rig> {
	const cluster = await startNatsCluster(3, 0, options);
	const [first] = cluster.servers;
	if (!first) throw new Error('no server');
	const growth = await connectNats({ ...first.own('growth'), name: 'bench' });
	await ensureBuckets(growth, 3);
	await growth.close();
	const identityOf = (host: string) => cluster.trust?.of(host) ?? null;
	const nc = await connectNats({ servers: cluster.servers.map(({ url }) => url), name: 'bench', identity: identityOf('alder') });
	const start = (suffix: string, actors: number) =>
		Promise.all(
			HOSTS.map((host, index) =>
				startWorker([cluster.servers[index]?.url ?? '', host + suffix, `${actors}`, JSON.stringify(identityOf(host))]),
			),
		);
	const workers = await start('', EACH);
	const deaf = options.deaf ? await start('-deaf', 0) : [];
	return {
		workers,
		deaf,
		nc,
		async [Symbol.asyncDispose]() {
			for (const worker of [...workers, ...deaf]) worker.kill('SIGKILL');
			await nc.close();
			await cluster[Symbol.asyncDispose]();
		},
	};
}

export interface Pace {
	/** By all workers together, per second. */
	rate: number;
	/** Processor time of all workers for one, µs. It hardly depends on what else the machine does. */
	cpu: number;
}

/** Each worker does it with so many at a time. */
export async function pace(
	workers: readonly ChildProcess[],
	what: 'transition' | 'raw',
	flights: number,
	ms: number,
): Promise<Pace> {
	const began = performance.now();
	const made = await Promise.all(
		workers.map((worker) => {
			worker.send({ do: what, flights, ms });
			return told(worker);
		}),
	);
	const total = made.reduce((sum, one) => sum + one.made, 0);
	return { rate: total / ((performance.now() - began) / 1000), cpu: made.reduce((sum, one) => sum + one.cpu, 0) / total };
}

async function startWorker(argv: string[]): Promise<ChildProcess> {
	const worker = fork(WORKER, argv, { execArgv: hostFlags() });
	await told(worker);
	return worker;
}

interface Done {
	made: number;
	cpu: number;
}

function told(worker: ChildProcess): Promise<Done> {
	return new Promise((resolve, reject) => {
		const ended = (code: number | null) => reject(new Error(`a worker ended with ${code}`));
		worker.once('exit', ended);
		worker.once('message', (message) => {
			worker.off('exit', ended);
			resolve(message as Done);
		});
	});
}
