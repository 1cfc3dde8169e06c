// Hosts on a wire of their own, each with its address. The only file that knows how a host becomes a member.
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RESTING } from '../../machines/install/contract.ts';
import { demoHostName } from '../../runtime/host/demo.ts';
import type { Findings } from '../cluster/findings.ts';
import type { Acknowledged } from '../helpers/demo-cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { patiently } from '../helpers/patiently.ts';
import { hostPidOf, natsPidOf, processesOf, signalQuietly } from '../helpers/strays.ts';
import { writeTestCatalog } from '../helpers/test-catalog.ts';
import { type Agent, startAgent } from './agent.ts';
import { type Clock, readyClock } from './clock.ts';
import { foundHosts, PORTS } from './found.ts';
import { type Life, startHost, tail } from './host-life.ts';
import { layWire, type Wire } from './wire.ts';

export type What = 'host' | 'nats' | 'both';

export interface NetCluster extends AsyncDisposable {
	names: readonly string[];
	wire: Wire;
	folder: string;
	/** Somebody who sits on that host. */
	on(host: string): Agent;
	/** Every command that was accepted, for the verifier. */
	acknowledged: Acknowledged[];
	/** As a patient person does: again, under the same id, while the answer says that it may work later. */
	create(host: string, app: string, instance: string, wishes?: { host?: string }): Promise<void>;
	command(host: string, instance: string, type: string): Promise<void>;
	/** Writes a line into a running notes app; the verifier looks for it. */
	plant(instance: string, asked?: string): Promise<void>;
	/** As seen from `asked`. */
	phaseOf(instance: string, asked?: string): Promise<string>;
	untilPhase(instance: string, phases: readonly string[], asked?: string, limitMs?: number): Promise<void>;
	kill(host: string, what: What): void;
	/** SIGSTOP. */
	freeze(host: string, what: What): void;
	thaw(host: string): void;
	/** Starts it unless it runs; it may take until the cluster has a leader that it is ready. */
	revive(host: string): void;
	/** Sets its clock off by so much; 0: right again. */
	setClock(host: string, offsetMs: number): void;
	/** Resolves when every host runs, sees all others, and every actor is at rest on whichever host is asked. */
	untilWhole(limitMs?: number): Promise<void>;
	findings(): Promise<Findings>;
	tails(): string;
	/** The folder stays when the cluster is gone; returns its path. */
	keep(): string;
}

const MAX_VOTERS = 3;

export interface ClusterWishes {
	/** Hosts have clocks that can be set. */
	clocks?: boolean;
}

export async function startCluster(count: number, wishes: ClusterWishes = {}): Promise<NetCluster> {
	const names = Array.from({ length: count }, (_, index) => demoHostName(index));
	const folder = await mkdtemp(join(tmpdir(), 'covey-net-'));
	const wire = await layWire(names);
	const witness = join(folder, 'witness');
	const catalog = writeTestCatalog(join(folder, 'catalog'), witness);
	const clocks = new Map<string, Clock>(wishes.clocks ? names.map((name) => [name, readyClock(folder, name)]) : []);
	const first = names[0] as string;
	const voters = count < MAX_VOTERS ? 1 : MAX_VOTERS;
	await foundHosts(
		names.map((host, index) => ({ host, address: wire.addressOf(host), data: join(folder, host), votes: index < voters })),
	);
	const lives = new Map<string, Life>();
	const agents = new Map<string, Agent>();
	const planted = new Map<string, string>();
	const acknowledged: Acknowledged[] = [];
	let isKept = false;

	const start = (host: string) => {
		const env = { ...process.env, COVEY_CATALOG: catalog, ...clocks.get(host)?.env };
		lives.set(host, startHost(wire.within(host), join(folder, host), env));
	};
	const pidsOf = (host: string, what: What): number[] => {
		const here = join(folder, host);
		return [what === 'nats' ? null : hostPidOf(here), what === 'host' ? null : natsPidOf(here)].filter((pid) => pid !== null);
	};
	const signal = (host: string, what: What, name: NodeJS.Signals) => {
		for (const pid of pidsOf(host, what)) signalQuietly(pid, name);
	};
	const on = (host: string): Agent => agents.get(host) ?? missing(host);

	const cluster: NetCluster = {
		names,
		wire,
		folder,
		on,
		acknowledged,
		async create(host, app, instance, wish = {}) {
			const cmdId = randomUUID();
			const { seq } = await patiently(() => on(host).create({ app, name: instance, cmdId, ...wish }));
			acknowledged.push({ actor: `install/${instance}`, cmdId, type: 'install.create', seq });
		},
		async command(host, instance, type) {
			const cmdId = randomUUID();
			const { seq } = await patiently((repeat) => on(host).command(instance, { type, cmdId, ...(repeat && { repeat }) }));
			acknowledged.push({ actor: `install/${instance}`, cmdId, type, seq });
		},
		async plant(instance, asked = first) {
			const { data } = await on(asked).ask('show', { actor: `install/${instance}` });
			const text = `planted in ${instance} ${randomUUID()}`;
			await eventually(`${instance} takes a note`, async () => (await on(asked).fetch(String(data.url), text)).ok);
			planted.set(instance, text);
		},
		phaseOf: async (instance, asked = first) => (await on(asked).ask('show', { actor: `install/${instance}` })).actor.phase,
		untilPhase: async (instance, phases, asked = first, limitMs = 60_000) =>
			void (await eventually(
				`${instance} is ${phases.join(' or ')}, as ${asked} sees it`,
				async () => {
					const { phase, words } = (await on(asked).ask('show', { actor: `install/${instance}` })).actor;
					if (phases.includes(phase)) return true;
					throw new Error(`it is ${phase}: ${words}`);
				},
				limitMs,
			)),
		kill(host, what) {
			if (what !== 'nats') lives.delete(host);
			signal(host, what, 'SIGKILL');
		},
		freeze: (host, what) => signal(host, what, 'SIGSTOP'),
		// The server first: its host wakes up to a server that answers.
		thaw(host) {
			signal(host, 'nats', 'SIGCONT');
			signal(host, 'host', 'SIGCONT');
		},
		revive(host) {
			if (!lives.has(host)) start(host);
		},
		setClock: (host, offsetMs) => (clocks.get(host) ?? missing(`${host} with a clock`)).set(offsetMs),
		async untilWhole(limitMs = 120_000) {
			const deadline = performance.now() + limitMs;
			for (const host of names)
				await eventually(
					`${host} sees all hosts, and every actor at rest`,
					() => isWhole(host),
					deadline - performance.now(),
				).catch((error: Error) => {
					throw new Error(`${error.message}\n${cluster.tails()}`);
				});
		},
		findings: () =>
			on(first).gather({
				folder,
				witness,
				acknowledged,
				planted,
				hosts: new Map(names.map((name) => [name, { nats: natsOf(wire, name), data: join(folder, name) }])),
			}),
		tails: () =>
			names
				.flatMap((name) => ['covey.log', 'nats/nats.log'].map((file) => `--- ${name} ${file}\n${tail(join(folder, name, file))}`))
				.join('\n'),
		keep() {
			isKept = true;
			return folder;
		},
		async [Symbol.asyncDispose]() {
			await Promise.all([...agents.values()].map((agent) => agent.stop()));
			for (const pid of processesOf(folder)) signalQuietly(pid, 'SIGKILL');
			await wire[Symbol.asyncDispose]();
			for (const pid of processesOf(folder)) signalQuietly(pid, 'SIGKILL');
			if (!isKept) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
		},
	};

	try {
		for (const name of names) start(name);
		for (const name of names) agents.set(name, startAgent(wire.within(name)));
		await Promise.all([...lives.values()].map((life) => life.ready));
		await Promise.all(names.map((name) => open(name)));
		await cluster.untilWhole();
		return cluster;
	} catch (error) {
		const tails = cluster.tails();
		await cluster[Symbol.asyncDispose]();
		throw new Error(`The cluster did not start: ${(error as Error).message}\n${tails}`);
	}

	/** A machine with much else to do may not let a client in within its first deadline. */
	async function open(host: string): Promise<void> {
		await eventually(`${host} lets a client in`, () =>
			on(host)
				.open(natsOf(wire, host), join(folder, host))
				.then(() => true),
		);
	}

	async function isWhole(host: string): Promise<true> {
		if (!lives.has(host)) throw new Error(`${host} was not started again`);
		const { hosts } = await on(host).ask('hosts');
		const away = hosts.filter(({ presence }) => presence !== 'online').map((row) => `${row.host} ${row.presence}`);
		if (hosts.length < names.length || away.length > 0) throw new Error(`it sees ${hosts.length} hosts; ${away.join(', ')}`);
		const { actors } = await on(host).ask('actors', { kind: 'install' });
		const busy = actors.filter(
			({ phase, effects, owner }) => !isAtRest(phase) || effects.length > 0 || (owner === null && phase !== 'removed'),
		);
		if (busy.length > 0)
			throw new Error(
				busy.map(({ actor, words, owner, effects }) => `${actor} of ${owner}: ${words} ${JSON.stringify(effects)}`).join('; '),
			);
		return true;
	}
}

/** With everybody there, nobody stays unreachable, and who is in error gets well. */
const isAtRest = (phase: string): boolean =>
	(RESTING as readonly string[]).includes(phase) && phase !== 'unreachable' && phase !== 'error';

const natsOf = (wire: Wire, host: string): string => `nats://${wire.addressOf(host)}:${PORTS.nats}`;

function missing(what: string): never {
	throw new Error(`there is no ${what}`);
}
