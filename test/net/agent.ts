// Asks somebody who sits on a host; see programs/agent.ts.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LedStream } from '../../nats/monitor.ts';
import { QUESTIONS, type Question, type QuestionOutput } from '../../runtime/api/contract.ts';
import { fromWire, type WireError } from '../../runtime/engine/errors.ts';
import type { Findings, FoundHost, LeftBehind } from '../cluster/findings.ts';

export type AgentRequest =
	| { type: 'open'; server: string; data: string }
	| { type: 'ask'; question: string; input: object }
	| { type: 'staleSince' }
	| { type: 'create'; request: object }
	| { type: 'command'; instance: string; command: { type: string; cmdId: string; repeat?: boolean } }
	| { type: 'ledStreams'; monitorPort: number; leader: string }
	| { type: 'fetch'; url: string; body?: string }
	| { type: 'gather'; left: SentLeftBehind };

/** Maps do not survive JSON. */
export type SentLeftBehind = Omit<LeftBehind, 'planted' | 'hosts'> & {
	planted: [string, string][];
	hosts: [string, FoundHost][];
};

export type AgentAnswer = { ok: true; data: unknown } | { ok: false; error: WireError };

export interface Told {
	seq: number;
	phase: string;
}

export interface Agent {
	/** As a person on this host does: by its own server, with its own keys, in its data directory. */
	open(server: string, data: string): Promise<void>;
	/** All reject with the CoveyError of the answer. */
	ask<Q extends Question>(question: Q, input?: object): Promise<QuestionOutput<Q>>;
	/** Since when what was answered last may be old, ms; null: it is of now. */
	staleSince(): Promise<number | null>;
	create(request: { app: string; name: string; cmdId: string; host?: string }): Promise<Told>;
	command(instance: string, command: { type: string; cmdId: string; repeat?: boolean }): Promise<Told>;
	/** The streams that the host's own server leads, and how their copies stand. */
	ledStreams(monitorPort: number, leader: string): Promise<LedStream[]>;
	fetch(url: string, body?: string): Promise<{ ok: boolean; text: string }>;
	gather(left: LeftBehind): Promise<Findings>;
	stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('programs/agent.ts', import.meta.url));

/** `within`: command line that runs what follows it on the host. */
export function startAgent(within: string[]): Agent {
	const [program = '', ...args] = within;
	const child = spawn(program, [...args, process.execPath, PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
	const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	const waiting = new Map<number, (answer: AgentAnswer) => void>();
	createInterface({ input: child.stdout }).on('line', (line) => {
		const { id, ...answer } = JSON.parse(line) as AgentAnswer & { id: number };
		waiting.get(id)?.(answer);
	});
	let last = 0;

	const send = async (request: AgentRequest): Promise<unknown> => {
		const id = ++last;
		const answered = new Promise<AgentAnswer>((resolve) => waiting.set(id, resolve));
		child.stdin.write(`${JSON.stringify({ ...request, id })}\n`);
		const answer = await Promise.race([answered, ended.then(() => Promise.reject(new Error('the agent ended')))]);
		waiting.delete(id);
		if (!answer.ok) throw fromWire(answer.error);
		return answer.data;
	};
	return {
		open: async (server, data) => void (await send({ type: 'open', server, data })),
		ask: async (question, input = {}) => QUESTIONS[question].output.parse(await send({ type: 'ask', question, input })) as never,
		staleSince: async () => (await send({ type: 'staleSince' })) as number | null,
		create: async (request) => (await send({ type: 'create', request })) as Told,
		command: async (instance, command) => (await send({ type: 'command', instance, command })) as Told,
		ledStreams: async (monitorPort, leader) => (await send({ type: 'ledStreams', monitorPort, leader })) as LedStream[],
		fetch: async (url, body) =>
			(await send({ type: 'fetch', url, ...(body === undefined ? {} : { body }) })) as { ok: boolean; text: string },
		async gather(left) {
			const found = await send({ type: 'gather', left: { ...left, planted: [...left.planted], hosts: [...left.hosts] } });
			const { histories, ...rest } = found as Omit<Findings, 'histories'> & { histories: [string, never][] };
			return { ...rest, histories: new Map(histories) };
		},
		async stop() {
			child.kill('SIGKILL');
			await ended;
		},
	};
}
