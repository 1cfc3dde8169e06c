// Keeps one nats-server running: configuration from data, orphans ended first, crash -> restart with backoff.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoveyError } from '../runtime/engine/errors.ts';
import type { Cancel } from '../runtime/engine/ports.ts';
import { findNatsServer } from './binary.ts';
import { clientUrl, isAlone, type ServerSecrets, serverConfig, serverName, Topology, type TopologyInput } from './config.ts';
import { prepareLoneVoter, wakeLoneVoter } from './lone-voter.ts';
import { health, type NatsHealth } from './monitor.ts';
import { endOrphans } from './orphans.ts';
import { spawnServer, waitListening } from './process.ts';
import { serverSecrets, writePrivate } from './secrets.ts';
import { supervise } from './supervisor.ts';

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

	const supervised = await supervise(async (onSpawn) => {
		const server = await spawnServer(path, files);
		onSpawn(server);
		try {
			await waitListening(server, topology.address, topology.port, serverName(topology));
			if (lone) await wakeLoneVoter(lone, server.ended);
			return server;
		} catch (error) {
			await server.stop();
			throw error;
		}
	});
	return {
		topology,
		name: serverName(topology),
		url: clientUrl(topology),
		secrets,
		get pid() {
			return supervised.pid();
		},
		health: () => health(topology.monitorPort),
		onExit: supervised.onExit,
		onRestart: supervised.onRestart,
		stop: supervised.stop,
	};
}
