// Runs in a worker thread with its own connection: tells everybody that this host lives, listens to everybody else, and wakes
// the main thread only for news. It falls silent when the main thread is stuck: a host that cannot act is not alive.
import { parentPort, workerData } from 'node:worker_threads';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
// Types only: the engine's modules stay out of this thread.
import type { Beat, HeartbeatNews } from '../runtime/engine/ports.ts';
import type { ConnectOptions } from './connection-options.ts';
import { firstConnection } from './first-connection.ts';
import { type Ear, newEar } from './heartbeat-ear.ts';
import { ALL_HEARTBEATS, heartbeatSubject, observeSubject } from './subjects.ts';

export interface WorkerInput {
	connection: ConnectOptions;
	beat: Pick<Beat, 'host' | 'incarnation' | 'machines' | 'adopting'>;
	/** Int32Array of one element: the main thread counts up while it lives. */
	pulse: SharedArrayBuffer;
}
export type ToWorker = { type: 'say'; change: Partial<Pick<Beat, 'adopting' | 'machines'>> } | { type: 'stop' };
export type FromWorker = { type: 'ready' } | { type: 'news'; news: HeartbeatNews };

const TICK_MS = 250;
const STUCK_MS = 1_000;
/** In a crowd: most of a tick, so that its beats are read all at once. Being woken by each of them cost 1 % of a core with 50 hosts. */
const REST_MS = 200;
const LEAVE_MS = 10;

async function main(input: WorkerInput): Promise<void> {
	const port = parentPort;
	if (!port) throw new Error('heartbeat-worker runs as a worker thread only');
	const post = (message: FromWorker) => port.postMessage(message);
	const ear = newEar(input.beat.host, (news) => post({ type: 'news', news }));
	const nc = await firstConnection(input.connection);
	let beat = input.beat;

	listen(nc, input.beat.host, ear);
	void followLink(nc, ear);
	const mainLives = pulseReader(input.pulse);
	let ticks = 0;
	const timer = setInterval(() => {
		const now = performance.now();
		ear.tick(now);
		if (++ticks % ear.ticksPerBeat() === 0 && mainLives(now) && ear.connected())
			nc.publish(
				heartbeatSubject(beat.host),
				JSON.stringify({ ...beat, at: Date.now(), blinked: ear.blinked(now) } satisfies Beat),
			);
		// What was published leaves first.
		if (ear.crowded()) setTimeout(rest, LEAVE_MS, input.pulse);
	}, TICK_MS);
	port.on('message', (message: ToWorker) => {
		if (message.type === 'say') beat = { ...beat, ...message.change };
		else {
			clearInterval(timer);
			void nc.close().then(() => port.close());
		}
	});
	post({ type: 'ready' });
}

function listen(nc: NatsConnection, host: string, ear: Ear): void {
	nc.subscribe(ALL_HEARTBEATS, {
		callback: (error: Error | null, message: Msg) => {
			const beat = error ? null : parseBeat(message);
			if (beat) ear.hear(beat, performance.now(), Date.now());
		},
	});
	nc.subscribe(observeSubject(host), {
		callback: (error: Error | null, message: Msg) => {
			if (!error) message.respond(JSON.stringify({ ageMs: ear.age(message.string(), performance.now()) }));
		},
	});
}

async function followLink(nc: NatsConnection, ear: Ear): Promise<void> {
	for await (const status of nc.status()) {
		if (status.type === 'disconnect') ear.link(false, performance.now());
		if (status.type === 'reconnect') ear.link(true, performance.now());
	}
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

// Written by hand: a schema library would double this thread's memory.
function parseBeat(message: Msg): Beat | null {
	try {
		const beat = JSON.parse(message.string()) as Partial<Beat> | null;
		if (typeof beat !== 'object' || beat === null) return null;
		const { host, incarnation, at, machines, adopting, blinked } = beat;
		if (typeof host !== 'string' || message.subject !== heartbeatSubject(host)) return null;
		if (
			typeof incarnation !== 'number' ||
			typeof at !== 'number' ||
			typeof adopting !== 'boolean' ||
			typeof blinked !== 'boolean'
		)
			return null;
		if (!Array.isArray(machines) || !machines.every((machine) => typeof machine === 'string')) return null;
		return { host, incarnation, at, machines, adopting, blinked };
	} catch {
		return null;
	}
}

await main(workerData as WorkerInput);
