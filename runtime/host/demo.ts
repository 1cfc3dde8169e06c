// A whole cluster on this machine: each host its own process on a loopback address, ended together.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CoveyError, fromWire } from '../engine/errors.ts';
import { jsonOf } from '../engine/json.ts';
import { type Founded, foundingIdentity, foundTrust, keepAuthority } from '../trust/founding.ts';
import { nkeyOf, pinOfIdentity, writeIdentity } from '../trust/identity.ts';
import type { Member } from '../trust/members.ts';
import { choosePorts } from './choose-ports.ts';
import { type ClusterSettings, newClusterName, readSettings, writeSettings } from './cluster-settings.ts';
import { hasDeparted } from './departure.ts';

export interface ReadyHost {
	name: string;
	pid: number;
	natsPid: number | null;
	http: string;
	/** For clients and scripts: `nats://127.0.0.1:4222`. */
	nats: string;
	/** Folder of a credential that may command, the same for all hosts of a demo; null while the cluster needs none on loopback. */
	creds: string | null;
	/** Path of the cluster's CA certificate; null while there is none. */
	ca: string | null;
	data: string;
}

export interface DemoOptions {
	dataDir: string;
	hosts: number;
	/** With TLS and keys, as between machines. For a demo that is new; one that exists keeps what it has. */
	secure: boolean;
	/** Command line of one host, to be followed by its data directory: `[node, covey.ts, 'up', '--json', '--data']`. */
	hostCommand: string[];
	/** Added to this process's environment. */
	hostEnv: Record<string, string>;
	signal: AbortSignal;
	/** Makes or renews the credential that is handed to scripts, once the hosts of a secure demo are ready. */
	credentialFor(dataDir: string): Promise<string | null>;
	onReady(hosts: ReadyHost[]): void;
	onEnded(name: string, how: string): void;
}

const ADDRESS = '127.0.0.1';
const READY_LIMIT_MS = 120_000;
const APP_PORTS_FROM = 20_000;
const APP_PORTS_EACH = 80;
const NAMES = [
	'alder',
	'birch',
	'cedar',
	'dogwood',
	'elm',
	'fir',
	'gorse',
	'hazel',
	'ivy',
	'juniper',
	'katsura',
	'larch',
	'maple',
	'nutmeg',
	'oak',
	'pine',
	'quince',
	'rowan',
	'spruce',
	'teak',
	'ulmo',
	'viburnum',
	'willow',
	'xylia',
	'yew',
	'zelkova',
];

export const demoHostName = (index: number): string => NAMES[index] ?? `host-${index + 1}`;

/** Resolves when every host has ended after `signal`. Rejects when one cannot start; the others are ended then. */
export async function runDemo(options: DemoOptions): Promise<void> {
	const names = await prepare(options);
	const hosts = names.map((name) => startHost(options, name));
	const endAll = () => {
		for (const host of hosts) host.end();
	};
	options.signal.addEventListener('abort', endAll, { once: true });
	try {
		const ready = await Promise.all(hosts.map((host) => host.ready.catch(unlessForgotten)));
		if (!options.signal.aborted)
			await tellReady(
				options,
				ready.filter((host) => host !== null),
			);
	} catch (error) {
		endAll();
		await Promise.all(hosts.map((host) => host.ended));
		if (options.signal.aborted) return;
		throw error;
	}
	await Promise.all(hosts.map((host) => host.ended));
	// Hosts may be killed and started again by hand; the demo ends when it is told to.
	if (!options.signal.aborted) await new Promise((resolve) => options.signal.addEventListener('abort', resolve, { once: true }));
}

async function tellReady({ dataDir, credentialFor, onReady }: DemoOptions, hosts: ReadyHost[]): Promise<void> {
	const creds = hosts.some(({ ca }) => ca !== null) ? await credentialFor(dataDir) : null;
	onReady(hosts.map((host) => ({ ...host, creds })));
}

/** A host that its cluster forgot while it was away is no part of the demo any more. */
function unlessForgotten(thrown: unknown): null {
	if (thrown instanceof CoveyError && thrown.code === 'HOST_FORGOTTEN') return null;
	throw thrown;
}

/** Writes the settings of hosts that are new; those of an earlier run keep theirs. */
async function prepare({ dataDir, hosts, secure }: DemoOptions): Promise<string[]> {
	mkdirSync(dataDir, { recursive: true, mode: 0o711 });
	const names = Array.from({ length: hosts }, (_, index) => demoHostName(index));
	const known = names.map((name) => readSettings(join(dataDir, name)));
	const before = known.filter((settings) => settings !== null).length;
	if (before > 0 && (before < hosts || existsSync(join(dataDir, demoHostName(hosts), 'cluster.json')))) {
		const made = before < hosts ? before : await countHosts(dataDir);
		throw new CoveyError(
			'USAGE',
			`${dataDir} holds a demo of ${made} hosts; start it with --hosts ${made}, or choose another directory.`,
		);
	}
	if (before === hosts) return names.filter((name) => !hasDeparted(join(dataDir, name)));
	const taken = new Set<number>();
	const ports: ClusterSettings['ports'][] = [];
	for (let index = 0; index < hosts; index++) ports.push(await choosePorts(ADDRESS, index, taken));
	const voters = hosts >= 3 ? 3 : 1;
	const routes = ports.slice(0, voters).map(({ cluster }) => `${ADDRESS}:${cluster}`);
	const remotes = ports.slice(0, voters).map(({ leaf }) => `${ADDRESS}:${leaf}`);
	const cluster = newClusterName();
	const founded = secure ? await foundTrust(cluster, Date.now()) : null;
	if (founded) await makeIdentities(dataDir, founded, names, voters, ports);
	for (const [index, name] of names.entries()) {
		const folder = join(dataDir, name);
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		const from = APP_PORTS_FROM + index * APP_PORTS_EACH;
		writeSettings(folder, {
			schema: 1,
			host: name,
			address: ADDRESS,
			ports: ports[index] as ClusterSettings['ports'],
			role: index < voters ? { type: 'voter', cluster, voters, routes } : { type: 'leaf', cluster, remotes },
			install: 1,
			secure,
			witness: false,
			appPorts: { from, to: from + APP_PORTS_EACH - 1, usual: false },
		});
	}
	return names;
}

/** Each host knows all others from its first start; the first of them brings the authority into the store. */
async function makeIdentities(
	dataDir: string,
	founded: Founded,
	names: string[],
	voters: number,
	ports: ClusterSettings['ports'][],
): Promise<void> {
	const now = Date.now();
	const identities = await Promise.all(names.map((host) => foundingIdentity(founded, { host, address: ADDRESS, now })));
	const members = identities.map((identity, index): Member => {
		const { nats, cluster, leaf, http } = ports[index] as ClusterSettings['ports'];
		return {
			schema: 1,
			host: identity.host,
			install: 1,
			address: ADDRESS,
			ports: { nats, cluster, leaf, http },
			pin: pinOfIdentity(identity),
			nkey: nkeyOf(identity.seed),
			role: index < voters ? 'voter' : 'leaf',
			witness: false,
			version: '0.0.0',
			joinedAt: now,
			forgottenAt: null,
		};
	});
	for (const [index, identity] of identities.entries()) {
		const folder = join(dataDir, identity.host, 'trust');
		writeIdentity(folder, { ...identity, roll: { members, credentials: [] } });
		if (index === 0) keepAuthority(folder, founded.authority);
	}
}

async function countHosts(dataDir: string): Promise<number> {
	let count = 0;
	while (existsSync(join(dataDir, demoHostName(count), 'cluster.json'))) count++;
	return count;
}

interface DemoHost {
	ready: Promise<ReadyHost>;
	ended: Promise<void>;
	end(): void;
}

function startHost(options: DemoOptions, name: string): DemoHost {
	const [program = process.execPath, ...args] = options.hostCommand;
	// The channel tells the host when this process is gone; `detached` keeps a terminal's Ctrl-C from reaching it before we do.
	const child = spawn(program, [...args, join(options.dataDir, name)], {
		env: { ...process.env, ...options.hostEnv },
		stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
		detached: true,
	});
	const errors: string[] = [];
	child.stderr?.on('data', (chunk: Buffer) => {
		errors.push(chunk.toString());
		if (errors.length > 50) errors.shift();
	});
	let isReady = false;
	const ended = new Promise<void>((resolve) => {
		child.once('exit', (code, signal) => {
			if (isReady && !options.signal.aborted) options.onEnded(name, signal ?? `code ${code}`);
			resolve();
		});
	});
	const ready = new Promise<ReadyHost>((resolve, reject) => {
		const timer = setTimeout(
			() =>
				reject(new CoveyError('TIMEOUT', `Host ${name} was not ready in ${READY_LIMIT_MS / 1000} s. ${errors.join('').trim()}`)),
			READY_LIMIT_MS,
		);
		child.once('error', (error) =>
			reject(new CoveyError('INTERNAL', `Host ${name} could not be started: ${error.message}`, { cause: error })),
		);
		child.once('exit', (code) => {
			clearTimeout(timer);
			reject(new CoveyError('INTERNAL', `Host ${name} ended with code ${code} before it was ready. ${errors.join('').trim()}`));
		});
		if (child.stdout)
			createInterface({ input: child.stdout }).on('line', (line) => {
				const told = jsonOf(line) as Told | null;
				if (told && 'error' in told) reject(fromWire(told.error));
				if (!told || !('ready' in told)) return;
				clearTimeout(timer);
				isReady = true;
				resolve(told.host);
			});
	});
	// A host that never got ready is reported once, by `ready`.
	ready.catch(() => undefined);
	return { ready, ended, end: () => endHost(child) };
}

/** Closing the channel ends the host without handing its actors over: all of them go, and come back, together. */
function endHost(child: ChildProcess): void {
	if (child.connected) child.disconnect();
	else if (child.exitCode === null) child.kill('SIGTERM');
}

type Told = { ready: true; host: ReadyHost } | { ok: false; error: Parameters<typeof fromWire>[0] };
