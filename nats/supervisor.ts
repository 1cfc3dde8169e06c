// Starts a process again whenever it ends, until told to stop.
import { setTimeout as delay } from 'node:timers/promises';
import { type CoveyError, toCoveyError } from '../runtime/engine/errors.ts';
import type { Cancel } from '../runtime/engine/ports.ts';
import type { ServerProcess } from './process.ts';

/** Resolves when the process is ready; calls `onSpawn` before, so that a stop need not wait for readiness. */
export type Start = (onSpawn: (spawned: ServerProcess) => void) => Promise<ServerProcess>;

export interface Supervised {
	/** Null while it is down. */
	pid(): number | null;
	/** It ended, or could not be started again. */
	onExit(listener: (reason: CoveyError) => void): Cancel;
	onRestart(listener: (pid: number) => void): Cancel;
	stop(): Promise<void>;
}

/** A run this long was a good one: the next wait is short again. */
const GOOD_RUN_MS = 30_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** Rejects when the first start fails; later failures are told to `onExit` and tried again. */
export async function supervise(start: Start): Promise<Supervised> {
	const exits = new Set<(reason: CoveyError) => void>();
	const restarts = new Set<(pid: number) => void>();
	const stopping = new AbortController();
	let spawned: ServerProcess | null = null;
	let ready: ServerProcess | null = null;
	let wait = FIRST_WAIT_MS;

	const run = async (): Promise<ServerProcess> => {
		ready = await start((server) => {
			spawned = server;
		});
		return ready;
	};
	const untilEnded = async (running: ServerProcess): Promise<void> => {
		const since = performance.now();
		const reason = await running.ended;
		ready = null;
		if (performance.now() - since > GOOD_RUN_MS) wait = FIRST_WAIT_MS;
		if (!stopping.signal.aborted) for (const listener of exits) listener(reason);
	};
	const pause = async (): Promise<void> => {
		// Rejects only by the stop, which the loop looks for itself.
		await delay(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
		wait = Math.min(wait * 2, LONGEST_WAIT_MS);
	};
	const again = async (): Promise<ServerProcess | null> => {
		try {
			const running = await run();
			if (!stopping.signal.aborted) for (const listener of restarts) listener(running.pid);
			return running;
		} catch (error) {
			if (!stopping.signal.aborted) for (const listener of exits) listener(toCoveyError(error, 'NATS_SERVER_FAILED'));
			return null;
		}
	};
	const loop = async (first: ServerProcess): Promise<void> => {
		let running: ServerProcess | null = first;
		while (!stopping.signal.aborted) {
			if (running) await untilEnded(running);
			await pause();
			if (!stopping.signal.aborted) running = await again();
		}
	};

	const finished = loop(await run());
	return {
		pid: () => ready?.pid ?? null,
		onExit: (listener) => subscribe(exits, listener),
		onRestart: (listener) => subscribe(restarts, listener),
		async stop() {
			stopping.abort();
			await spawned?.stop();
			await finished;
			// It may have been spawned while the one before was being stopped.
			await spawned?.stop();
			ready = null;
		},
	};
}

function subscribe<T>(set: Set<T>, listener: T): Cancel {
	set.add(listener);
	return () => set.delete(listener);
}

export interface Relay<T> {
	tell(news: T): void;
	subscribe(listener: (news: T) => void): Cancel;
}

/** Passes news on, whoever tells them. */
export function relay<T>(): Relay<T> {
	const listeners = new Set<(news: T) => void>();
	return {
		tell: (news) => {
			for (const listener of listeners) listener(news);
		},
		subscribe: (listener) => subscribe(listeners, listener),
	};
}
