// Commands from clients to whoever serves an actor: a zombie may serve beside the owner, and then both answer.
import type { Bus, Reply } from '../../runtime/engine/ports.ts';
import { type ActorRef, type JsonObject, refText } from '../../runtime/engine/record.ts';
import type { Life } from './life.ts';
import { CLIENT, type Network, STORE } from './network.ts';
import type { World } from './world.ts';

export interface BusServer {
	port(life: Life): Bus;
	/** Sends one request; `onReply` may come several times, late, or never. */
	request(actor: string, payload: JsonObject, onReply: (reply: Reply) => void): void;
	/** The process is gone: its subscriptions end. */
	drop(life: Life): void;
}

interface Service {
	life: Life;
	answer: (payload: unknown) => Promise<Reply>;
}

export function busServer(
	world: World,
	net: Network,
	onReply: (life: Life, reply: Reply, request: { actor: string; payload: JsonObject; askedAt: number }) => void,
	/** One process serves the same actor twice. */
	onDouble: (life: Life, actor: string) => void,
): BusServer {
	const active = new Map<Life, Set<string>>();
	const services = new Map<string, Set<Service>>();

	function ask(service: Service, actor: string, payload: JsonObject, deliver: (reply: Reply) => void): void {
		const { life } = service;
		if (!net.open(CLIENT, STORE) || !net.open(STORE, life.host)) return;
		net.send(CLIENT, life.host, () =>
			life.enter(() => {
				const askedAt = world.now();
				service.answer(structuredClone(payload)).then((reply) => {
					if (life.state() !== 'up') return;
					onReply(life, reply, { actor, payload, askedAt });
					if (net.open(life.host, STORE)) net.send(life.host, CLIENT, () => deliver(reply));
				});
			}),
		);
	}

	return {
		port: (life) => ({
			serve(ref: ActorRef, answer) {
				const actor = refText(ref);
				const service = { life, answer };
				let on = true;
				const here = active.get(life) ?? new Set();
				active.set(life, here);
				if (here.has(actor)) onDouble(life, actor);
				here.add(actor);
				// Interest takes a moment to be known.
				world.after(1, () => {
					if (!on || life.state() === 'dead') return;
					services.set(actor, (services.get(actor) ?? new Set()).add(service));
				});
				return () => {
					on = false;
					here.delete(actor);
					services.get(actor)?.delete(service);
				};
			},
		}),
		request(actor, payload, deliver) {
			const serving = [...(services.get(actor) ?? [])];
			for (const service of serving) ask(service, actor, payload, deliver);
			if (serving.length === 0) world.after(5, () => deliver(noAnswer(actor)));
		},
		drop(life) {
			for (const set of services.values()) for (const service of set) if (service.life === life) set.delete(service);
		},
	};
}

const noAnswer = (actor: string): Reply => ({
	ok: false,
	error: { code: 'NO_ANSWER', message: `nobody serves ${actor}`, next: '' },
});
