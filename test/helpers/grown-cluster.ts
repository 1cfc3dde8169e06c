// A secure cluster that grows as a person makes it: `covey up`, then `covey token` and `covey join` for each further host.
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { VotersData } from '../../machines/voters/contract.ts';
import type { Question, QuestionInput, QuestionOutput } from '../../runtime/api/contract.ts';
import { openClient } from '../../runtime/boot/open-client.ts';
import type { WireError } from '../../runtime/engine/errors.ts';
import type { ReadyHost } from '../../runtime/host/demo.ts';
import { eventually } from './eventually.ts';
import { type CliResult, COVEY, runCovey } from './run-covey.ts';
import { hostPidOf, natsPidOf, processesOf, signalQuietly } from './strays.ts';
import { writeTestCatalog } from './test-catalog.ts';

export interface GrownCluster extends AsyncDisposable {
	folder: string;
	dataOf(name: string): string;
	ready(name: string): ReadyHost;
	/** What a host's own keys may ask, without a process of its own: for what is asked again and again. */
	ask<Q extends Question>(on: string, question: Q, input: QuestionInput<Q>): Promise<QuestionOutput<Q>>;
	/** `covey ARGS --json` beside a host. */
	cli(name: string, ...args: string[]): Promise<CliResult>;
	/** A join token made on a host. */
	token(on: string, ...args: string[]): Promise<string>;
	/** Makes a token on `through` and joins with it; ready when it resolves. */
	add(name: string, through: string, options?: { witness?: boolean }): Promise<ReadyHost>;
	/** Runs `covey join` (or `up`) until it is ready or has failed. */
	run(name: string, args: string[]): Promise<ReadyHost | WireError>;
	kill(name: string, what?: 'host' | 'nats' | 'both'): void;
	signal(name: string, signal: NodeJS.Signals): void;
	revive(name: string): Promise<void>;
	/** SIGTERM, and waits for the end. */
	stop(name: string): Promise<void>;
	/** Resolves when `hosts` on `on` says that all of these are online. */
	untilOnline(on: string, names: readonly string[]): Promise<void>;
	/** Resolves when exactly these vote, as `on` sees it, and nothing is being changed. */
	untilVoters(on: string, names: readonly string[], limitMs?: number): Promise<void>;
}

export async function startGrown(first = 'alder'): Promise<GrownCluster> {
	const folder = await mkdtemp(join(tmpdir(), 'covey-grown-'));
	const env = { ...process.env, COVEY_CATALOG: writeTestCatalog(join(folder, 'catalog'), join(folder, 'witness')) };
	const children = new Map<string, ChildProcess>();
	const lives = new Map<string, ReadyHost>();
	const dataOf = (name: string) => join(folder, name);

	const cluster: GrownCluster = {
		folder,
		dataOf,
		ready(name) {
			const host = lives.get(name);
			if (!host) throw new Error(`${name} was never ready`);
			return host;
		},
		cli: (name, ...args) => runCovey([...args, '--json', '--data', dataOf(name)], env),
		async ask(on, question, input) {
			const client = await openClient(dataOf(on));
			try {
				return await client.ask(question, input);
			} finally {
				await client.close();
			}
		},
		async token(on, ...args) {
			const { code, data } = await cluster.cli(on, 'token', ...args);
			if (code !== 0) throw new Error(`no token: ${JSON.stringify(data)}`);
			return data.token;
		},
		async add(name, through, { witness = false } = {}) {
			const flags = witness ? ['--witness'] : [];
			const joined = await cluster.run(name, ['join', await cluster.token(through, ...flags), '--name', name, ...flags]);
			if ('code' in joined) throw new Error(`${name} could not join: ${joined.message}`);
			return joined;
		},
		async run(name, args) {
			const bind = args.includes('--name') ? ['--bind', '127.0.0.1'] : [];
			const [verb = '', token = '', ...more] = args;
			// As a person should: nobody sees the token in the list of processes.
			const words = verb === 'join' ? [verb, '-', ...more] : args;
			const child = spawn(process.execPath, [COVEY, ...words, ...bind, '--json', '--data', dataOf(name)], { env, stdio: 'pipe' });
			child.stdin.end(`${token}\n`);
			const told = await firstLine(child);
			if ('code' in told) return told;
			children.set(name, child);
			lives.set(name, told);
			return told;
		},
		kill(name, what = 'both') {
			for (const pid of pidsOf(what, dataOf(name))) signalQuietly(pid, 'SIGKILL');
		},
		signal(name, signal) {
			for (const pid of pidsOf('both', dataOf(name))) signalQuietly(pid, signal);
		},
		async revive(name) {
			const told = await cluster.run(name, ['up']);
			if ('code' in told) throw new Error(`${name} did not come back: ${told.message}`);
		},
		async stop(name) {
			const child = children.get(name);
			if (!child || child.exitCode !== null || child.signalCode !== null) return;
			const ended = new Promise((resolve) => child.once('exit', resolve));
			child.kill('SIGTERM');
			await ended;
		},
		async untilOnline(on, names) {
			await eventually(`${names.join(', ')} are online for ${on}`, async () => {
				const { hosts } = await cluster.ask(on, 'hosts', {});
				return names.every((name) => hosts.some(({ host, presence }) => host === name && presence === 'online'));
			});
		},
		async untilVoters(on, names, limitMs = 90_000) {
			await eventually(
				`${names.join(', ')} vote`,
				async () => {
					const { actor, data } = await cluster.ask(on, 'show', { actor: 'voters/cluster' });
					const voters = VotersData.parse(data).voters.toSorted().join(', ');
					if (voters === names.toSorted().join(', ') && actor.phase === 'steady') return true;
					throw new Error(`${actor.phase}: ${actor.words} ${voters}`);
				},
				limitMs,
			);
		},
		async [Symbol.asyncDispose]() {
			for (const name of lives.keys()) cluster.signal(name, 'SIGCONT');
			await Promise.all([...children.keys()].map((name) => cluster.stop(name)));
			for (const pid of processesOf(folder)) signalQuietly(pid, 'SIGKILL');
			rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
		},
	};
	const founded = await cluster.run(first, ['up', '--name', first]);
	if ('code' in founded) throw new Error(`${first} could not be founded: ${founded.message}`);
	return cluster;
}

/** The ready line, or the error with which it ended. */
function firstLine(child: ChildProcess): Promise<ReadyHost | WireError> {
	const errors: string[] = [];
	child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
	return new Promise((resolve, reject) => {
		child.once('exit', (code) => reject(new Error(`ended with ${code}: ${errors.join('')}`)));
		createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
			const told = JSON.parse(line) as { ready?: true; host: ReadyHost; error?: WireError };
			if (told.ready) resolve(told.host);
			else if (told.error) resolve(told.error);
		});
	});
}

const pidsOf = (what: 'host' | 'nats' | 'both', data: string): number[] =>
	[what === 'nats' ? null : hostPidOf(data), what === 'host' ? null : natsPidOf(data)].filter((pid) => pid !== null);
