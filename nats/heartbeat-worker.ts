// Runs in a worker thread with its own connection: tells everybody that this host lives, listens to everybody else, and wakes
// the main thread only for news. It falls silent when the main thread is stuck: a host that cannot act is not alive.
import { parentPort, workerData } from 'node:worker_threads';
import type { Beat, HeartbeatNews } from '../runtime/engine/ports.ts';
import { type OwnBeat, startBeating } from './beating.ts';
import type { ConnectOptions } from './connection-options.ts';
import { firstConnection } from './first-connection.ts';

export interface WorkerInput {
	connection: ConnectOptions;
	beat: OwnBeat;
	/** Int32Array of one element: the main thread counts up while it lives. */
	pulse: SharedArrayBuffer;
}
export type ToWorker = { type: 'say'; change: Partial<Pick<Beat, 'adopting' | 'machines'>> } | { type: 'stop' };
export type FromWorker = { type: 'ready' } | { type: 'news'; news: HeartbeatNews };

const STUCK_MS = 1_000;
/** In a crowd: most of a tick, so that its beats are read all at once. Being woken by each of them cost 1 % of a core with 50 hosts. */
const REST_MS = 200;
const LEAVE_MS = 10;

async function main(input: WorkerInput): Promise<void> {
	const port = parentPort;
	if (!port) throw new Error('heartbeat-worker runs as a worker thread only');
	const post = (message: FromWorker) => port.postMessage(message);
	const nc = await firstConnection(input.connection);
	const beating = startBeating(nc, input.beat, {
		tell: (news) => post({ type: 'news', news }),
		isAlive: pulseReader(input.pulse),
		// What was published leaves first.
		onCrowd: () => setTimeout(rest, LEAVE_MS, input.pulse),
	});
	port.on('message', (message: ToWorker) => {
		if (message.type === 'say') beating.say(message.change);
		else {
			beating.stop();
			void nc.close().then(() => port.close());
		}
	});
	post({ type: 'ready' });
}

/** The main thread ends it when it has something to say. */
function rest(pulse: SharedArrayBuffer): void {
	const counter = new Int32Array(pulse);
	Atomics.wait(counter, 0, Atomics.load(counter, 0), REST_MS);
}

/** True while the main thread's count has changed within the last second. */
function pulseReader(pulse: SharedArrayBuffer): (now: number) => boolean {
	const counter = new Int32Array(pulse);
	let last = Atomics.load(counter, 0);
	let changedAt = performance.now();
	return (now) => {
		const count = Atomics.load(counter, 0);
		if (count !== last) {
			last = count;
			changedAt = now;
		}
		return now - changedAt <= STUCK_MS;
	};
}

await main(workerData as WorkerInput);
