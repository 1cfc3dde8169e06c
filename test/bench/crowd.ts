// Many hosts on one machine, facts and heartbeats real, apps none. All see all within 5 s, a calm host
// takes less than 2 % of a core, and what a dead host owned has an owner again within 5 s. Without TLS (`bench tls` has its price).
// CPU is the time that the kernel counted for the processes, so a busy machine changes it little. Not measured: a real network.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { type NatsClient, openNatsClient } from '../../nats/client.ts';
import type { ActorRecord } from '../../runtime/engine/record.ts';
import { choosePorts } from '../../runtime/host/choose-ports.ts';
import { type ClusterSettings, newClusterName, writeSettings } from '../../runtime/host/cluster-settings.ts';
import { demoHostName, type ReadyHost } from '../../runtime/host/demo.ts';
import { hostLaunch } from '../../runtime/setup/host-launch.mjs';
import { eventually } from '../helpers/eventually.ts';
import { processesOf, signalQuietly } from '../helpers/strays.ts';
import { type Figure, quantile } from './table.ts';

const ADDRESS = '127.0.0.1';
const VOTERS = 3;
/** So many start at once: starting is what costs, and is not measured. */
const WAVE = 5;
const CALM_MS = 30_000;
const WINDOW_MS = 60_000;
const DEATHS = 5;

export async function crowd(count: number): Promise<Figure[]> {
	const folder = await mkdtemp(join(tmpdir(), 'covey-crowd-'));
	try {
		const names = await settle(folder, count);
		const hosts = new Map<string, ReadyHost>();
		for (let at = 0; at < count; at += WAVE) {
			const started = await Promise.all(names.slice(at, at + WAVE).map((name) => start(join(folder, name))));
			for (const host of started) hosts.set(host.name, host);
		}
		await eventually('all see all', async () => (await whoSees(hosts, [...hosts.keys()])).length === count, 120_000);
		const calm = await calmShares(hosts);
		const deaths = await dieAndReturn(folder, hosts);
		return figuresOf(count, calm, deaths);
	} finally {
		for (const pid of processesOf(folder)) signalQuietly(pid, 'SIGKILL');
		rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
	}
}

/** Settings of hosts that know where the voters are, as a demo's. */
async function settle(folder: string, count: number): Promise<string[]> {
	const names = Array.from({ length: count }, (_, index) => demoHostName(index));
	const taken = new Set<number>();
	const ports: ClusterSettings['ports'][] = [];
	for (const index of names.keys()) ports.push(await choosePorts(ADDRESS, index, taken));
	const at = (port: 'cluster' | 'leaf') => ports.slice(0, VOTERS).map((one) => `${ADDRESS}:${one[port]}`);
	const cluster = newClusterName();
	for (const [index, host] of names.entries()) {
		mkdirSync(join(folder, host), { mode: 0o700 });
		writeSettings(join(folder, host), {
			schema: 1,
			host,
			address: ADDRESS,
			ports: ports[index] as ClusterSettings['ports'],
			role:
				index < VOTERS
					? { type: 'voter', cluster, voters: VOTERS, routes: at('cluster') }
					: { type: 'leaf', cluster, remotes: at('leaf') },
			install: 1,
			secure: false,
			witness: false,
			appPorts: { from: 20_000 + index * 10, to: 20_009 + index * 10, usual: false },
		});
	}
	return names;
}

function start(data: string): Promise<ReadyHost> {
	const { args, env } = hostLaunch();
	const child: ChildProcess = spawn(process.execPath, [...args, 'up', '--data', data, '--json'], {
		env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	return new Promise((resolve, reject) => {
		child.once('exit', (code) => reject(new Error(`${data} ended with ${code}`)));
		createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
			const told = JSON.parse(line) as { ready?: boolean; host?: ReadyHost; error?: { message: string } };
			if (told.ready && told.host) resolve(told.host);
			else if (told.error) reject(new Error(told.error.message));
		});
	});
}

/** Those that call each of `about` online, each asked itself. */
async function whoSees(hosts: ReadonlyMap<string, ReadyHost>, about: readonly string[]): Promise<string[]> {
	const seen = await Promise.all(
		[...hosts.values()].map(async ({ name, http }) => {
			const page = (await (await fetch(`${http}/api/v1/hosts`)).json()) as {
				data: { hosts: { host: string; presence: string }[] };
			};
			const online = new Set(page.data.hosts.filter(({ presence }) => presence === 'online').map(({ host }) => host));
			return about.every((one) => online.has(one)) ? name : null;
		}),
	);
	return seen.filter((name) => name !== null);
}

interface Calm {
	/** Share of one core, 0-1, each host's process. */
	host: number[];
	/** The same with its nats-server. */
	both: number[];
	rss: number[];
}

async function calmShares(hosts: ReadonlyMap<string, ReadyHost>): Promise<Calm> {
	await pause(CALM_MS);
	const all = [...hosts.values()];
	const look = () => all.map(({ pid, natsPid }) => ({ host: cpuMs(pid), nats: natsPid === null ? 0 : cpuMs(natsPid) }));
	const before = look();
	const from = performance.now();
	await pause(WINDOW_MS);
	const over = performance.now() - from;
	const spent = look().map((after, index) => ({
		host: (after.host - (before[index]?.host ?? 0)) / over,
		nats: (after.nats - (before[index]?.nats ?? 0)) / over,
	}));
	return {
		host: spent.map(({ host }) => host),
		both: spent.map(({ host, nats }) => host + nats),
		rss: all.map(({ pid }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_000),
	};
}

/** User and system time; the kernel counts in hundredths of a second. */
function cpuMs(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	const [user, system] = stat
		.slice(stat.lastIndexOf(')') + 2)
		.split(' ')
		.slice(11, 13);
	return (Number(user) + Number(system)) * 10;
}

interface Deaths {
	adoptedMs: number[];
	seenMs: number[];
}

/** Some of those that do not vote die, one after another, and come back. */
async function dieAndReturn(folder: string, hosts: Map<string, ReadyHost>): Promise<Deaths> {
	const client = await openNatsClient([hosts.get(demoHostName(0))?.nats ?? ''], 'bench');
	const deaths: Deaths = { adoptedMs: [], seenMs: [] };
	for (const victim of [...hosts.keys()].slice(-DEATHS)) {
		const { pid, natsPid } = hosts.get(victim) as ReadyHost;
		const adopted = nextOwner(client, victim);
		const died = performance.now();
		for (const one of [pid, natsPid]) if (one !== null) signalQuietly(one, 'SIGKILL');
		await adopted;
		deaths.adoptedMs.push(performance.now() - died);
		hosts.set(victim, await start(join(folder, victim)));
		const returned = performance.now();
		await eventually(`all see ${victim}`, async () => (await whoSees(hosts, [victim])).length === hosts.size);
		deaths.seenMs.push(performance.now() - returned);
	}
	await client.close();
	return deaths;
}

/** The actor of a host is what it owns when it has no apps. */
function nextOwner(client: NatsClient, victim: string): Promise<void> {
	return new Promise((resolve) => {
		const stop = client.watchActor({ kind: 'host', id: victim }, ({ owner }: ActorRecord) => {
			if (owner === null || owner.host === victim) return;
			stop();
			resolve();
		});
	});
}

function figuresOf(count: number, calm: Calm, { adoptedMs, seenMs }: Deaths): Figure[] {
	const percent = (name: string, shares: number[], goal: number | null): Figure => ({
		name: `${count} hosts, ${name}, median`,
		ours: quantile(shares, 0.5) * 100,
		unit: '%',
		goal: goal === null ? 'shown' : `< ${goal} %`,
		met: goal === null || quantile(shares, 0.5) * 100 < goal,
	});
	const slowest = (name: string, times: number[]): Figure => ({
		name: `${count} hosts, ${name}, slowest of ${times.length}`,
		ours: Math.max(...times),
		unit: 'ms',
		goal: '< 5000 ms',
		met: Math.max(...times) < 5_000,
	});
	return [
		slowest('all see a host that is new', seenMs),
		slowest('its actor has an owner after a death', adoptedMs),
		percent('CPU of a calm host', calm.host, 2),
		percent('with its nats-server', calm.both, null),
		{
			name: `${count} hosts, CPU of the busiest calm host`,
			ours: Math.max(...calm.host) * 100,
			unit: '%',
			goal: 'shown',
			met: true,
		},
		{ name: `${count} hosts, memory of one, median`, ours: quantile(calm.rss, 0.5), unit: 'MB', goal: 'shown', met: true },
	];
}
