// A real cluster for scenarios: `covey demo` in a temporary folder, with hosts that can be killed, frozen and started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Accepted, type NatsClient, openNatsClient } from '../../nats/client.ts';
import type { ClientIdentity } from '../../nats/connection-options.ts';
import { type CreateInstall, QUESTIONS, type Question, type QuestionOutput } from '../../runtime/api/contract.ts';
import type { ActorRecord, ActorRef } from '../../runtime/engine/record.ts';
import type { ReadyHost } from '../../runtime/host/demo.ts';
import { hostLaunch } from '../../runtime/setup/host-launch.mjs';
import { readCredentialFolder } from '../../runtime/trust/credential-folder.ts';
import { eventually } from './eventually.ts';
import { startPackageRegistry } from './package-registry.ts';
import { patiently } from './patiently.ts';
import { type CliResult, COVEY, runCovey } from './run-covey.ts';
import { hostPidOf, natsPidOf, processesOf, signalQuietly } from './strays.ts';
import { writeTestCatalog } from './test-catalog.ts';

export interface DemoCluster extends AsyncDisposable {
	folder: string;
	/** The latest life of each. */
	hosts: Map<string, ReadyHost>;
	/** Where the test apps note their lives. */
	witness: string;
	client: NatsClient;
	/** Every command that was accepted so far, for the verifier. */
	acknowledged: Acknowledged[];
	/** What was written into apps so far, by instance. */
	planted: Map<string, string>;
	host(name: string): ReadyHost;
	create(app: string, instance: string, wishes?: Wishes): Promise<Accepted>;
	command(instance: string, type: string, payload?: object): Promise<Accepted>;
	/** Writes a line into a running notes app; the verifier looks for it. */
	plant(instance: string): Promise<void>;
	/** `covey ARGS --json` with the keys of the demo's hosts, or with what `--data` says. */
	cli(...args: string[]): Promise<CliResult>;
	/** One more host, by a token on its standard input. */
	join(name: string, token: string): Promise<ReadyHost>;
	ask<Q extends Question>(question: Q, input?: object): Promise<QuestionOutput<Q>>;
	phaseOf(instance: string): Promise<string>;
	/** Resolves when the actor is in one of the phases and no work is pending. */
	untilRest(instance: string, phases: readonly string[], limitMs?: number): Promise<ActorRecordView>;
	/** kill -9 of the host's process, its nats-server, both, or all that runs there. */
	kill(name: string, what: What): void;
	/** Looks up everybody's processes now, for a kill that must come at once. */
	aim(what: What): (name: string) => void;
	/** Starts a killed host again. */
	revive(name: string): Promise<void>;
	/** SIGSTOP of the host's process and its nats-server. */
	freeze(name: string): void;
	thaw(name: string): void;
	/** Ends everything as SIGTERM does. */
	stop(): Promise<void>;
	/** kill -9 of everything. */
	killAll(): Promise<void>;
	/** Starts the demo again on the same folder. */
	restart(): Promise<void>;
	tails(): string;
}

/** `machine`: a power cut, which takes the apps of the host, too. */
export type What = 'host' | 'nats' | 'both' | 'machine';

type Wishes = Partial<Pick<CreateInstall, 'host' | 'ports' | 'with' | 'recommended' | 'dedicated' | 'plan'>>;

export interface Acknowledged {
	actor: string;
	cmdId: string;
	type: string;
	seq: number;
}

export interface ActorRecordView {
	phase: string;
	words: string;
	host: string | null;
	url: string | null;
	failure: { code: string; message: string } | null;
}

export async function startDemo(hosts = 3, { secure = false } = {}): Promise<DemoCluster> {
	const folder = await mkdtemp(join(tmpdir(), 'covey-demo-'));
	// Database servers run as users of their own, which have to get to their data.
	chmodSync(folder, 0o711);
	const witness = join(folder, 'witness');
	const registry = await startPackageRegistry();
	const env = { ...process.env, ...registry.env, COVEY_CATALOG: writeTestCatalog(join(folder, 'catalog'), witness) };
	const data = join(folder, 'demo');
	const args = ['demo', '--hosts', String(hosts), '--data', data, '--json', ...(secure ? ['--secure'] : [])];
	let demo = await spawnReady(args, env);
	const lives = new Map<string, ReadyHost>(demo.ready.hosts.map((host) => [host.name, host]));
	const revived = new Map<string, ChildProcess>();
	const servers = [...lives.values()].map(({ nats }) => nats);
	const client = await openNatsClient(servers, 'test', identityOf(demo.ready.hosts[0]?.creds ?? null));

	const cluster: DemoCluster = {
		folder: data,
		hosts: lives,
		witness,
		client,
		acknowledged: [],
		planted: new Map(),
		host: (name) => known(lives, name),
		create: (app, instance, wishes = {}) =>
			acknowledge(instance, 'install.create', (cmdId) => client.create('install', { app, name: instance, ...wishes, cmdId })),
		command: (instance, type, payload = {}) =>
			acknowledge(instance, type, (cmdId, repeat) =>
				client.command({ kind: 'install', id: instance }, { ...payload, type, cmdId, ...(repeat && { repeat }) }),
			),
		async plant(instance) {
			const { url } = (await cluster.ask('show', { actor: `install/${instance}` })).data as unknown as ActorRecordView;
			const text = `planted in ${instance} ${randomUUID()}`;
			await eventually(`${instance} takes a note`, async () => (await fetch(`${url}`, { method: 'POST', body: text })).ok);
			cluster.planted.set(instance, text);
		},
		cli: (...args) => runCovey([...args, '--json', ...(args.includes('--data') ? [] : ['--data', data])], env),
		async join(name, token) {
			const words = ['join', '-', '--name', name, '--bind', '127.0.0.1', '--data', join(data, name), '--json'];
			const one = await spawnReady(words, env, `${token}\n`);
			lives.set(name, one.ready.host);
			revived.set(name, one.child);
			return one.ready.host;
		},
		ask: async (question, input = {}) => QUESTIONS[question].output.parse(await client.ask(question, input)) as never,
		phaseOf: async (instance) => (await cluster.ask('show', { actor: `install/${instance}` })).actor.phase,
		untilRest: (instance, phases, limitMs) =>
			eventually(
				`${instance} is ${phases.join(' or ')}`,
				async () => {
					const { actor, data: view } = await cluster.ask('show', { actor: `install/${instance}` });
					const seen = { phase: actor.phase, words: actor.words, ...(view as Omit<ActorRecordView, 'phase' | 'words'>) };
					if (phases.includes(actor.phase) && actor.effects.length === 0) return seen;
					throw new Error(`${actor.phase}: ${actor.words} ${JSON.stringify(actor.effects)} owner ${actor.owner}`);
				},
				limitMs,
			).catch((error: Error) => {
				throw new Error(`${error.message}\n${cluster.tails()}`);
			}),
		kill: (name, what) => cluster.aim(what)(name),
		aim(what) {
			const pids = new Map([...lives.keys()].map((name) => [name, pidsOf(name, what)]));
			return (name) => {
				for (const pid of pids.get(name) ?? []) signalQuietly(pid, 'SIGKILL');
			};
		},
		async revive(name) {
			const one = await spawnReady(['up', '--data', join(data, name), '--json'], env);
			lives.set(name, one.ready.host);
			revived.set(name, one.child);
		},
		freeze(name) {
			for (const pid of pidsOf(name, 'both')) signalQuietly(pid, 'SIGSTOP');
		},
		thaw(name) {
			for (const pid of pidsOf(name, 'both').toReversed()) signalQuietly(pid, 'SIGCONT');
		},
		async stop() {
			await Promise.all([...revived.values(), demo.child].map(endChild));
			revived.clear();
		},
		async killAll() {
			for (const name of lives.keys()) cluster.kill(name, 'both');
			await cluster.stop();
		},
		async restart() {
			demo = await spawnReady(args, env);
			for (const host of demo.ready.hosts) lives.set(host.name, host);
		},
		tails: () => [...lives.keys()].map((name) => `--- ${name}\n${tail(join(data, name, 'covey.log'))}`).join('\n'),
		async [Symbol.asyncDispose]() {
			await client.close();
			for (const name of lives.keys()) cluster.thaw(name);
			await cluster.stop();
			await registry.stop();
			// A host that was killed and not started again has left its apps to themselves.
			for (const pid of processesOf(folder)) signalQuietly(pid, 'SIGKILL');
			rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
		},
	};
	return cluster;

	async function acknowledge(
		instance: string,
		type: string,
		send: (cmdId: string, repeat: boolean) => Promise<Accepted>,
	): Promise<Accepted> {
		const cmdId = randomUUID();
		const reply = await patiently((repeat) => send(cmdId, repeat));
		cluster.acknowledged.push({ actor: `install/${instance}`, cmdId, type, seq: reply.seq });
		return reply;
	}

	function pidsOf(name: string, what: What): number[] {
		const folder = join(data, known(lives, name).name);
		if (what === 'machine') return processesOf(folder);
		return [what === 'nats' ? null : hostPidOf(folder), what === 'host' ? null : natsPidOf(folder)].filter((pid) => pid !== null);
	}
}

/** Of the credential in a folder; null for a demo that needs none. */
export function identityOf(folder: string | null): ClientIdentity | null {
	const found = folder === null ? null : readCredentialFolder(folder);
	return found && { ...found.files, seed: found.keys.seed, inbox: found.inbox };
}

/** Resolves at the moment a record of the actor fits. */
export function whenSeen(cluster: DemoCluster, ref: ActorRef, fits: (record: ActorRecord) => boolean): Promise<ActorRecord> {
	return new Promise((resolve) => {
		const stop = cluster.client.watchActor(ref, (record) => {
			if (!fits(record)) return;
			stop();
			resolve(record);
		});
	});
}

interface ReadyLine {
	hosts: ReadyHost[];
	host: ReadyHost;
}

async function spawnReady(
	args: string[],
	env: NodeJS.ProcessEnv,
	input = '',
): Promise<{ child: ChildProcess; ready: ReadyLine }> {
	const launch = args[0] === 'up' ? hostLaunch() : { args: [COVEY], env: {} };
	const child = spawn(process.execPath, [...launch.args, ...args], { env: { ...env, ...launch.env }, stdio: 'pipe' });
	child.stdin.end(input);
	const errors: string[] = [];
	child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
	const ready = await new Promise<ReadyLine>((resolve, reject) => {
		child.once('exit', (code) => reject(new Error(`covey ${args.join(' ')} ended with ${code}: ${errors.join('')}`)));
		createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
			const told = JSON.parse(line) as ReadyLine & { ready?: boolean; error?: { message: string } };
			if (told.ready) resolve(told);
			else if (told.error) reject(new Error(told.error.message));
		});
	});
	return { child, ready };
}

async function endChild(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGTERM');
	await ended;
}

function known(lives: Map<string, ReadyHost>, name: string): ReadyHost {
	const host = lives.get(name);
	if (!host) throw new Error(`no host ${name}`);
	return host;
}

function tail(file: string): string {
	try {
		return readFileSync(file, 'utf8')
			.trim()
			.split('\n')
			.slice(-12)
			.map((line) => line.slice(0, 300))
			.join('\n');
	} catch {
		return '(no log)';
	}
}
