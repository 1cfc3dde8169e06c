// Keeps one nats-server running: configuration from data, orphans ended first, crash -> restart with backoff.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CoveyError, toCoveyError } from '../runtime/engine/errors.ts';
import type { Cancel } from '../runtime/engine/ports.ts';
import { findNatsServer } from './binary.ts';
import { clientUrl, isAlone, type ServerSecrets, serverConfig, serverName, Topology, type TopologyInput } from './config.ts';
import { prepareLoneVoter, wakeLoneVoter } from './lone-voter.ts';
import { health, type NatsHealth } from './monitor.ts';
import { endOrphans } from './orphans.ts';
import { type ServerProcess, spawnServer, waitListening } from './process.ts';
import { serverSecrets, writePrivate } from './secrets.ts';

export interface NatsServer {
	readonly topology: Topology;
	readonly name: string;
	/** For clients: `nats://127.0.0.1:4222`. */
	readonly url: string;
	/** For the supervisor's own work in the SYS account. */
	readonly secrets: ServerSecrets;
	/** Null while it is down. */
	readonly pid: number | null;
	health(): Promise<NatsHealth>;
	/** It ended, or could not be started again; it is tried again until `stop`. */
	onExit(listener: (reason: CoveyError) => void): Cancel;
	onRestart(listener: (pid: number) => void): Cancel;
	stop(): Promise<void>;
}

export interface NatsServerOptions {
	topology: TopologyInput;
	/** Absolute; holds configuration, log, store and passwords. */
	folder: string;
	/** Overrides COVEY_NATS_SERVER, the cache and PATH. */
	binary?: string;
	/** Further paths to look for a binary, before PATH. */
	cache?: readonly string[];
}

/** Resolves when the server listens (a lone voter: when it leads). Rejects with NATS_SERVER_*, NATS_STORE_CORRUPT, ADDRESS_IN_USE, DATA_DIR_*. */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
	const topology = Topology.parse(options.topology);
	const { path } = await findNatsServer(options.binary, options.cache);
	const files = {
		config: join(options.folder, 'nats.conf'),
		log: join(options.folder, 'nats.log'),
		output: join(options.folder, 'nats.out'),
		store: join(options.folder, 'store'),
	};
	await mkdir(options.folder, { recursive: true, mode: 0o700 });
	const secrets = await serverSecrets(join(options.folder, 'passwords.json'));
	const lone = isAlone(topology) ? { voter: topology, binary: path, folder: options.folder, store: files.store, secrets } : null;
	await endOrphans(files.config);
	if (lone) await prepareLoneVoter(lone);
	await writePrivate(files.config, serverConfig(topology, files, secrets));

	const start = async (): Promise<ServerProcess> => {
		const server = await spawnServer(path, files);
		try {
			await waitListening(server, topology.address, topology.port, serverName(topology));
			if (lone) await wakeLoneVoter(lone, server.ended);
			return server;
		} catch (error) {
			await server.stop();
			throw error;
		}
	};
	return supervise(topology, secrets, start, await start());
}

function supervise(
	topology: Topology,
	secrets: ServerSecrets,
	start: () => Promise<ServerProcess>,
	first: ServerProcess,
): NatsServer {
	const exits = new Set<(reason: CoveyError) => void>();
	const restarts = new Set<(pid: number) => void>();
	const stopping = new AbortController();
	let current: ServerProcess | null = first;

	const loop = async () => {
		let backoff = new Backoff();
		for (let running: ServerProcess | null = first; !stopping.signal.aborted; ) {
			if (running) {
				const since = performance.now();
				const reason = await running.ended;
				current = null;
				if (stopping.signal.aborted) return;
				if (performance.now() - since > 30_000) backoff = new Backoff();
				for (const listener of exits) listener(reason);
			}
			await delay(backoff.next(), undefined, { signal: stopping.signal }).catch(() => undefined);
			if (stopping.signal.aborted) return;
			running = await start().catch((error: unknown) => {
				for (const listener of exits) listener(toCoveyError(error, 'NATS_SERVER_FAILED'));
				return null;
			});
			current = running;
			if (running && !stopping.signal.aborted) for (const listener of restarts) listener(running.pid);
		}
	};
	const finished = loop();

	return {
		topology,
		name: serverName(topology),
		url: clientUrl(topology),
		secrets,
		get pid() {
			return current?.pid ?? null;
		},
		health: () => health(topology.monitorPort),
		onExit: (listener) => subscribe(exits, listener),
		onRestart: (listener) => subscribe(restarts, listener),
		async stop() {
			stopping.abort();
			await current?.stop();
			await finished;
			await current?.stop();
		},
	};
}

/** 0.1, 0.2, 0.4 … 5 s. */
class Backoff {
	#wait = 50;
	next(): number {
		this.#wait = Math.min(this.#wait * 2, 5_000);
		return this.#wait;
	}
}

function subscribe<T>(set: Set<T>, listener: T): Cancel {
	set.add(listener);
	return () => set.delete(listener);
}
