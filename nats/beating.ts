// Tells everybody that this host lives, and listens to everybody else: four times a second, over a connection that is given. Runs in
// the thread that heartbeat-worker.ts is, or beside everything else where there is little else.
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
// Types only: the engine's modules stay out of the worker's thread.
import type { Beat, HeartbeatNews } from '../runtime/engine/ports.ts';
import { type Ear, newEar } from './heartbeat-ear.ts';
import { ALL_HEARTBEATS, heartbeatSubject, observeSubject } from './subjects.ts';

export type OwnBeat = Pick<Beat, 'host' | 'incarnation' | 'machines' | 'adopting'>;

export interface Beating {
	/** Changes what the beats say. */
	say(change: Partial<Pick<Beat, 'adopting' | 'machines'>>): void;
	stop(): void;
}

const TICK_MS = 250;

export interface BeatingParts {
	tell(news: HeartbeatNews): void;
	/** Asked before each beat, with a monotonic time in ms; a host that cannot act falls silent. */
	isAlive(now: number): boolean;
	/** After each tick in which so many are heard that each beat counts. */
	onCrowd(): void;
}

export function startBeating(nc: NatsConnection, own: OwnBeat, { tell, isAlive, onCrowd }: BeatingParts): Beating {
	const ear = newEar(own.host, tell);
	let beat = own;
	const heard = listen(nc, own.host, ear);
	void followLink(nc, ear);
	let ticks = 0;
	const timer = setInterval(() => {
		const now = performance.now();
		ear.tick(now);
		if (++ticks % ear.ticksPerBeat() === 0 && isAlive(now) && ear.connected() && !nc.isClosed())
			nc.publish(
				heartbeatSubject(beat.host),
				JSON.stringify({ ...beat, at: Date.now(), blinked: ear.blinked(now) } satisfies Beat),
			);
		if (ear.crowded()) onCrowd();
	}, TICK_MS);
	return {
		say(change) {
			beat = { ...beat, ...change };
		},
		stop() {
			clearInterval(timer);
			for (const subscription of heard) subscription.unsubscribe();
		},
	};
}

function listen(nc: NatsConnection, host: string, ear: Ear): Subscription[] {
	const beats = nc.subscribe(ALL_HEARTBEATS, {
		callback: (error: Error | null, message: Msg) => {
			const beat = error ? null : parseBeat(message);
			if (beat) ear.hear(beat, performance.now(), Date.now());
		},
	});
	const observers = nc.subscribe(observeSubject(host), {
		callback: (error: Error | null, message: Msg) => {
			if (!error) message.respond(JSON.stringify({ ageMs: ear.age(message.string(), performance.now()) }));
		},
	});
	return [beats, observers];
}

async function followLink(nc: NatsConnection, ear: Ear): Promise<void> {
	for await (const status of nc.status()) {
		if (status.type === 'disconnect') ear.link(false, performance.now());
		if (status.type === 'reconnect') ear.link(true, performance.now());
	}
}

// Written by hand: a schema library would double the memory of the worker's thread.
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
