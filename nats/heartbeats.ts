// The engine's Heartbeats: the worker thread beats and listens, this side relays its news and answers pings itself, because a
// ping asks whether the main thread lives.
import { Worker } from 'node:worker_threads';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { HeartbeatNews, Heartbeats } from '../runtime/engine/ports.ts';
import type { ConnectOptions, NatsConnection } from './connect.ts';
import type { FromWorker, ToWorker, WorkerInput } from './heartbeat-worker.ts';
import { answerPings, observe, ping } from './pings.ts';

const PULSE_MS = 100;

/** `nc` is for pings; the worker opens its own connection. Rejects with NO_ANSWER when that fails. */
export async function natsHeartbeats(
	nc: NatsConnection,
	connection: ConnectOptions,
	beat: WorkerInput['beat'],
): Promise<Heartbeats> {
	const pulse = new SharedArrayBuffer(4);
	const counter = new Int32Array(pulse);
	const timer = setInterval(() => Atomics.add(counter, 0, 1), PULSE_MS);
	const listeners = new Set<(news: HeartbeatNews) => void>();
	const early: HeartbeatNews[] = [];

	const worker = new Worker(new URL('./heartbeat-worker.ts', import.meta.url), {
		workerData: {
			connection: { ...connection, name: `${connection.name}-heartbeat` },
			beat,
			pulse,
		} satisfies WorkerInput,
		resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 },
		execArgv: [],
		name: 'heartbeat',
	});
	worker.on('message', (message: FromWorker) => {
		if (message.type !== 'news') return;
		// Who is heard before the first listener is told to it when it comes.
		if (listeners.size === 0) early.push(message.news);
		for (const listener of listeners) listener(message.news);
	});
	const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
	const pings = answerPings(nc, beat);
	const tell = (message: ToWorker) => {
		worker.postMessage(message);
		Atomics.notify(counter, 0);
	};
	const stop = async () => {
		clearInterval(timer);
		pings.stop();
		tell({ type: 'stop' });
		const kill = setTimeout(() => void worker.terminate(), 2_000);
		await ended;
		clearTimeout(kill);
	};
	try {
		await ready(worker, connection.deadlineMs ?? 5_000);
	} catch (error) {
		clearInterval(timer);
		pings.stop();
		await worker.terminate();
		throw error;
	}
	// Without its worker this host looks dead to everyone: end loudly instead of being adopted while acting.
	worker.on('error', (error) => {
		throw new CoveyError('INTERNAL', `The heartbeat thread failed: ${error.message}`, { cause: error });
	});

	return {
		onNews(listener) {
			listeners.add(listener);
			for (const news of early.splice(0)) listener(news);
			return () => listeners.delete(listener);
		},
		say: (change) => tell({ type: 'say', change }),
		ping: (host) => ping(nc, host),
		observe: (observer, about) => observe(nc, observer, about),
		stop,
	};
}

async function ready(worker: Worker, deadlineMs: number): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const fail = (why: string) => reject(new CoveyError('NO_ANSWER', `The heartbeat thread cannot connect to NATS: ${why}`));
		const timer = setTimeout(() => fail(`not ready in ${deadlineMs} ms`), deadlineMs);
		worker.on('message', (message: FromWorker) => {
			if (message.type !== 'ready') return;
			clearTimeout(timer);
			resolve();
		});
		worker.once('error', (error) => {
			clearTimeout(timer);
			fail(error.message);
		});
	});
}
