// People at work: each sits on a host and sends one command after another, and keeps a note of what was sent and answered.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { CoveyError, ERRORS } from '../../runtime/engine/errors.ts';
import { type Random, random } from '../sim/random.ts';
import type { Told } from './agent.ts';
import type { NetCluster } from './cluster.ts';
import type { Call } from './history.ts';

export interface Clients {
	calls: readonly Call[];
	/** Resolves when the last command of each was answered or given up. */
	stop(): Promise<void>;
}

export interface Work {
	seed: number;
	/** One client for each, sitting there. */
	hosts: readonly string[];
	/** May come and go. */
	passing: readonly string[];
	/** Exist, are stopped and started, and never removed. */
	lasting: readonly string[];
}

/** A person asks again for a while; each time the client itself has tried for 15 s. */
const MAX_TRIES = 3;
/** The store keeps the last 64 records of an actor; while the host that copies them to the timeline is away, nobody may write more. */
const THINKING_MS = [200, 1_200] as const;

export function startClients(cluster: NetCluster, { seed, hosts, passing, lasting }: Work): Clients {
	const calls: Call[] = [];
	const chance = random(seed);
	/** What the last answer let them believe of each instance. */
	const beliefs = new Map<string, Belief>(lasting.map((instance) => [instance, 'running']));
	let over = false;
	const working = hosts.map((host) => work(host, chance.fork()));
	return {
		calls,
		async stop() {
			over = true;
			await Promise.all(working);
		},
	};

	async function work(host: string, luck: Random): Promise<void> {
		while (!over) {
			const instance = luck.pick([...passing, ...lasting]);
			const type = wish(luck, beliefs.get(instance) ?? 'absent', passing.includes(instance));
			const tries = luck.chance(0.8) ? MAX_TRIES : 1;
			const made = await call(host, instance, type, tries);
			calls.push(made);
			beliefs.set(instance, beliefAfter(made, beliefs.get(instance) ?? 'absent'));
			if (!over) await pause(luck.between(...THINKING_MS));
		}
	}

	async function call(host: string, instance: string, type: string, maxTries: number): Promise<Call> {
		const cmdId = randomUUID();
		const sentAt = Date.now();
		const send = (repeat: boolean): Promise<Told> =>
			type === 'install.create'
				? cluster.on(host).create({ app: 'notes', name: instance, cmdId })
				: cluster.on(host).command(instance, { type, cmdId, ...(repeat && { repeat }) });
		for (let tries = 1; ; tries++) {
			const outcome = await outcomeOf(send(tries > 1));
			if (outcome.status !== 'unknown' || tries === maxTries || over)
				return { client: host, actor: `install/${instance}`, cmdId, type, sentAt, answeredAt: Date.now(), tries, outcome };
		}
	}
}

async function outcomeOf(answer: Promise<Told>): Promise<Call['outcome']> {
	try {
		return { status: 'acknowledged', seq: (await answer).seq };
	} catch (thrown) {
		if (!(thrown instanceof CoveyError)) throw thrown;
		return { status: ERRORS[thrown.code].retry ? 'unknown' : 'refused', code: thrown.code };
	}
}

type Belief = 'absent' | 'running' | 'stopped';

const SENSIBLE: Record<Belief, readonly string[]> = {
	absent: ['install.create'],
	running: ['install.stop', 'install.restart', 'install.remove'],
	stopped: ['install.start', 'install.start', 'install.remove'],
};
const ANY = [
	'install.create',
	'install.cancel',
	'install.retry',
	'install.remove',
	'install.stop',
	'install.start',
	'install.restart',
];
const ENDS_OR_BEGINS = new Set(['install.create', 'install.remove']);

/** Mostly what makes sense, sometimes what does not; others are at work on the same apps. */
function wish(luck: Random, belief: Belief, mayGo: boolean): string {
	const wishes = luck.chance(0.75) ? SENSIBLE[belief] : ANY;
	return luck.pick(wishes.filter((type) => mayGo || !ENDS_OR_BEGINS.has(type)));
}

function beliefAfter({ type, outcome }: Call, before: Belief): Belief {
	if (outcome.status === 'refused' && outcome.code === 'UNKNOWN_ACTOR') return 'absent';
	if (outcome.status === 'refused' && outcome.code === 'NAME_TAKEN') return 'running';
	if (outcome.status !== 'acknowledged') return before;
	if (type === 'install.remove') return 'absent';
	return type === 'install.stop' ? 'stopped' : 'running';
}
