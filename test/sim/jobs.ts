// Orders, retirements and completions between engines and the real job host of each host, over the bad network.
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { JobAnswer, JobCompletion, JobOrder, Jobs } from '../../runtime/engine/ports.ts';
import type { ActorRef } from '../../runtime/engine/record.ts';
import type { JobHost } from '../../runtime/host/jobs.ts';
import type { Life } from './life.ts';
import type { Network } from './network.ts';
import type { World } from './world.ts';

export interface JobWitness {
	/** An order or a retirement leaves its owner. */
	ordered(life: Life, order: JobOrder): void;
	/** A host was shown this epoch of the actor. */
	reached(life: Life, actor: ActorRef, epoch: number): void;
}

export interface JobServer {
	port(life: Life): Jobs;
	/** What a job host uses to tell an owner. */
	push(life: Life, owner: string, completion: JobCompletion): Promise<boolean>;
	register(life: Life, jobs: JobHost): void;
	drop(life: Life): void;
}

const ANSWER_MS = 2_000;

export function jobServer(world: World, net: Network, witness: JobWitness): JobServer {
	const rng = world.rng.fork();
	const hosts = new Map<string, { life: Life; jobs: JobHost }>();
	const takers = new Map<string, { life: Life; take: (completion: JobCompletion) => Promise<boolean> }>();

	/** One request and its answer; rejects with HOST_UNREACHABLE when either is lost. */
	function request<T>(from: Life, to: string, target: () => { life: Life; call: () => Promise<T> } | undefined): Promise<T> {
		return new Promise((resolve, reject) => {
			const unreachable = () => from.enter(() => reject(new CoveyError('HOST_UNREACHABLE', `${to} does not answer`)));
			const giveUp = world.after(ANSWER_MS * rng.between(0.7, 1.3), unreachable);
			const back = (life: Life, settle: () => void) => {
				if (life.state() !== 'up') return;
				net.send(to, from.host, () => {
					giveUp();
					from.enter(settle);
				});
			};
			net.send(from.host, to, () => {
				const found = target();
				if (!found) return;
				const { life, call } = found;
				life.enter(() =>
					call().then(
						(value) => back(life, () => resolve(structuredClone(value))),
						(thrown) => back(life, () => reject(thrown)),
					),
				);
			});
		});
	}

	function onHost<T>(host: string, actor: ActorRef, epoch: number, call: (jobs: JobHost) => Promise<T>) {
		const found = hosts.get(host);
		if (!found) return undefined;
		const { life, jobs } = found;
		return {
			life,
			call: () => {
				world.trace(life.host, 'reached', `${actor.kind}/${actor.id} e${epoch}`);
				witness.reached(life, actor, epoch);
				return call(jobs);
			},
		};
	}

	return {
		port: (life) => ({
			order(order): Promise<JobAnswer> {
				if (life.state() === 'dead') return new Promise(() => {});
				world.trace(life.host, 'order', `${order.key} e${order.epoch} to ${order.host}`);
				witness.ordered(life, order);
				const sent = structuredClone(order);
				return request(life, order.host, () =>
					onHost(order.host, order.actor, order.epoch, (jobs) => jobs.order(structuredClone(sent))),
				);
			},
			async retire(host, actor, epoch, live, seq) {
				if (life.state() === 'dead') return;
				world.trace(life.host, 'retire', `${actor.kind}/${actor.id} e${epoch} on ${host} but ${live.join(' ')}`);
				await request(life, host, () => onHost(host, actor, epoch, (jobs) => jobs.retire(actor, epoch, live, seq)));
			},
			onCompletion(take) {
				takers.set(life.host, { life, take });
				return () => {
					if (takers.get(life.host)?.life === life) takers.delete(life.host);
				};
			},
		}),
		async push(life, owner, completion) {
			const sent = structuredClone(completion);
			return request(life, owner, () => {
				const taker = takers.get(owner);
				return taker && { life: taker.life, call: () => taker.take(structuredClone(sent)) };
			});
		},
		register: (life, jobs) => void hosts.set(life.host, { life, jobs }),
		drop(life) {
			if (hosts.get(life.host)?.life === life) hosts.delete(life.host);
			if (takers.get(life.host)?.life === life) takers.delete(life.host);
		},
	};
}
