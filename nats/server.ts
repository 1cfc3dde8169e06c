// Keeps one nats-server running: configuration from data, orphans ended first, crash -> restart with backoff.
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CoveyError, toCoveyError } from '../runtime/engine/errors.ts';
import { inTurn } from '../runtime/engine/in-turn.ts';
import type { Cancel } from '../runtime/engine/ports.ts';
import { findNatsServer } from './binary.ts';
import { clientUrl, isAlone, serverConfig, serverName, Topology, type TopologyInput } from './config.ts';
import type { ConnectOptions } from './connection-options.ts';
import { cutLeaves } from './cut-leaves.ts';
import { type LoneVoter, prepareLoneVoter, wakeForsaken, wakeLoneVoter } from './lone-voter.ts';
import { health, type NatsHealth } from './monitor.ts';
import { endOrphansBelow } from './orphans.ts';
import { type OwnUser, ownConnection } from './own-connection.ts';
import { spawnServer, waitListening } from './process.ts';
import { reloadServer } from './reload.ts';
import { serverSecrets, writePrivate } from './secrets.ts';
import type { ServerSecrets } from './server-access.ts';
import { ServerTrust, withOwnPin } from './server-trust.ts';
import { relay, type Supervised, supervise } from './supervisor.ts';

export interface NatsServer {
	readonly topology: Topology;
	readonly name: string;
	/** For clients: `nats://127.0.0.1:4222`. */
	readonly url: string;
	/** For the supervisor's own work in the SYS account. */
	readonly secrets: ServerSecrets;
	/** Null while it is down. */
	readonly pid: number | null;
	/** For `connectNats`, as a user that only this host knows. */
	own(user: OwnUser): Omit<ConnectOptions, 'name'>;
	health(): Promise<NatsHealth>;
	/**
	 * Who may speak from now on, and this host's certificate read anew. Live connections of those who may no longer are cut.
	 * For a secure server. Rejects with NATS_SERVER_FAILED naming what the server refused; the same call may be made again.
	 */
	reload(trust: ServerTrust): Promise<void>;
	/**
	 * Another role, other routes or remotes: without a restart where the server can, else it is stopped and started.
	 * Resolves as the start does. When it rejects, a former leaf is a leaf again; a former voter is down until it is called again.
	 */
	reconfigure(topology: TopologyInput, trust: ServerTrust | null, store: 'keep' | 'empty'): Promise<void>;
	/** It ended, or could not be started again; it is tried again until `stop`. */
	onExit(listener: (reason: CoveyError) => void): Cancel;
	onRestart(listener: (pid: number) => void): Cancel;
	stop(): Promise<void>;
}

export interface NatsServerOptions {
	topology: TopologyInput;
	/** Absolute; holds configuration, log, store and secrets. */
	folder: string;
	/** Null or absent: plain and without credentials, for loopback only. */
	trust?: ServerTrust | null;
	/** Overrides COVEY_NATS_SERVER, the cache and PATH. */
	binary?: string;
	/** Further paths to look for a binary, before PATH. */
	cache?: readonly string[];
}

interface Desired {
	topology: Topology;
	trust: ServerTrust | null;
}

/** Resolves when the server listens (a lone voter: when it leads). Rejects with NATS_SERVER_*, NATS_STORE_CORRUPT, ADDRESS_IN_USE, DATA_DIR_*. */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
	let desired = await desire(options.topology, options.trust ?? null);
	const { path } = await findNatsServer(options.binary, options.cache);
	const files = {
		config: join(options.folder, 'nats.conf'),
		log: join(options.folder, 'nats.log'),
		output: join(options.folder, 'nats.out'),
		store: join(options.folder, 'store'),
	};
	await mkdir(options.folder, { recursive: true, mode: 0o700 });
	const secrets = await serverSecrets(join(options.folder, 'passwords.json'));

	const exits = relay<CoveyError>();
	const voterNow = (): LoneVoter | null => {
		const { topology, trust } = desired;
		if (topology.role !== 'voter') return null;
		return { voter: topology, binary: path, folder: options.folder, store: files.store, secrets, trust };
	};
	const loneVoter = () => (isAlone(desired.topology) ? voterNow() : null);
	// It ends soon after the server has, and its companion with it.
	let waking: Promise<void> = Promise.resolve();
	const run = async (): Promise<Supervised> => {
		await endOrphansBelow(options.folder);
		const lone = loneVoter();
		if (lone) await prepareLoneVoter(lone);
		await writePrivate(files.config, serverConfig(desired.topology, files, secrets, desired.trust));
		return supervise(async (onSpawn) => {
			const { topology } = desired;
			const server = await spawnServer(path, files);
			onSpawn(server);
			try {
				await waitListening(server, topology.address, topology.port, serverName(topology));
				// Asked anew: by now it may have been told of others.
				const stillLone = loneVoter();
				const voter = voterNow();
				if (stillLone) await wakeLoneVoter(stillLone, server.ended);
				else if (voter)
					waking = wakeForsaken(voter, server.ended).catch((thrown) => exits.tell(toCoveyError(thrown, 'NATS_SERVER_FAILED')));
				return server;
			} catch (error) {
				await server.stop();
				throw error;
			}
		});
	};
	const restarts = relay<number>();
	const follow = (one: Supervised): Supervised => {
		one.onExit(exits.tell);
		one.onRestart(restarts.tell);
		return one;
	};
	let running = follow(await run());
	let stopped = false;
	// Set while a host that was removed may still have its link.
	let linksToCut = false;
	const change = inTurn();

	const reload = async (next: Desired): Promise<void> => {
		linksToCut ||= next.topology.role === 'voter' && losesLeaf(desired.trust, next.trust);
		await reloadServer(
			{ pid: () => running.pid(), monitorPort: next.topology.monitorPort, config: files.config, log: files.log },
			serverConfig(next.topology, files, secrets, next.trust),
		);
		desired = next;
		if (!linksToCut) return;
		await cutLeaves(ownConnection('sys', next.topology, secrets, next.trust), next.topology.monitorPort);
		linksToCut = false;
	};
	const restart = async (next: Desired, store: 'keep' | 'empty'): Promise<void> => {
		const before = desired;
		await running.stop();
		await waking;
		try {
			if (store === 'empty') await emptyStore(files.store);
			desired = next;
			running = follow(await run());
			linksToCut = false;
		} catch (error) {
			// The store of a former voter may be gone, or its name taken out of the group: only a leaf can go back.
			if (before.topology.role !== 'leaf') throw error;
			desired = before;
			running = follow(await run());
			throw error;
		}
	};
	const alive = <T>(work: () => Promise<T>): Promise<T> =>
		change(() => {
			if (stopped) throw new CoveyError('NATS_SERVER_FAILED', 'The nats-server was stopped for good.');
			return work();
		});
	return {
		get topology() {
			return desired.topology;
		},
		get name() {
			return serverName(desired.topology);
		},
		get url() {
			return clientUrl(desired.topology);
		},
		secrets,
		get pid() {
			return running.pid();
		},
		own: (user) => ownConnection(user, desired.topology, secrets, desired.trust),
		health: () => health(desired.topology.monitorPort),
		reload: (trust) =>
			alive(async () => {
				if (desired.trust === null)
					throw new CoveyError('NOT_ALLOWED_NOW', 'An open cluster has no credentials that could be changed.');
				await reload(await desire(desired.topology, trust));
			}),
		reconfigure: (topology, trust, store) =>
			alive(async () => {
				const next = await desire(topology, trust);
				if (store === 'empty' || !isReloadable(desired, next) || running.pid() === null) return restart(next, store);
				await reload(next);
			}),
		onExit: exits.subscribe,
		onRestart: restarts.subscribe,
		async stop() {
			stopped = true;
			await running.stop();
			// A change under way may have started another one meanwhile.
			await change(() => running.stop());
			await waking;
		},
	};
}

async function desire(topology: TopologyInput, trust: ServerTrust | null): Promise<Desired> {
	return { topology: Topology.parse(topology), trust: trust === null ? null : await withOwnPin(ServerTrust.parse(trust)) };
}

/** True when `before` let a leaf in whose user `after` does not know, or knows as something else. */
function losesLeaf(before: ServerTrust | null, after: ServerTrust | null): boolean {
	const stays = new Set(after?.users.filter(({ role }) => role === 'leaf').map(({ nkey }) => nkey));
	return (before?.users ?? []).some(({ role, nkey }) => role === 'leaf' && !stays.has(nkey));
}

/** Only routes, remotes and trust differ: what a server takes while it runs. */
function isReloadable(before: Desired, after: Desired): boolean {
	const fixed = ({ topology, trust }: Desired) =>
		JSON.stringify({ ...topology, routes: null, remotes: null, secure: trust !== null });
	return fixed(before) === fixed(after);
}

/** Renamed first: a store half removed must not be taken for one. */
async function emptyStore(store: string): Promise<void> {
	const gone = `${store}.gone`;
	try {
		await rm(gone, { recursive: true, force: true });
		await rename(store, gone).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== 'ENOENT') throw error;
		});
		await rm(gone, { recursive: true, force: true });
	} catch (error) {
		throw toCoveyError(error, 'DATA_DIR_UNUSABLE');
	}
}
