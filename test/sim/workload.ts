// What clients and hosts ask for during a run: actors are made (and made again after their end), commanded, nudged.
import type { Reply } from '../../runtime/engine/ports.ts';
import { type JsonObject, parseRef } from '../../runtime/engine/record.ts';
import type { BusServer } from './bus.ts';
import type { Auditor } from './check.ts';
import type { Clients } from './clients.ts';
import type { Knobs } from './knobs.ts';
import { COMMANDS } from './machines.ts';
import { CLIENT, type Network } from './network.ts';
import type { SimHost } from './sim-host.ts';
import type { StoreServer } from './store.ts';
import type { World } from './world.ts';

export interface Workplace {
	world: World;
	knobs: Knobs;
	net: Network;
	store: StoreServer;
	bus: BusServer;
	clients: Clients;
	hosts: readonly SimHost[];
	audit: Auditor;
}

export function scheduleWork({ world, knobs, net, store, bus, clients, hosts, audit }: Workplace): void {
	const rng = world.rng.fork();
	let numbers = 0;
	const actors = Array.from({ length: knobs.actors }, (_, index) => `${rng.pick(['errand', 'errand', 'fan', 'lamp'])}/a${index}`);
	for (const actor of actors) world.after(rng.between(0, knobs.chaosMs / 4), () => create(actor));
	for (let i = 0; i < knobs.commands; i++) world.after(rng.between(0, knobs.chaosMs), () => command(rng.pick(actors)));
	for (let i = 0; i < knobs.commands / 6; i++) world.after(rng.between(0, knobs.chaosMs), () => nudge(rng.pick(actors)));

	function command(actor: string): void {
		const record = store.last(actor)?.record;
		if (record?.snap.status === 'done' && rng.chance(0.5)) {
			create(actor);
			return;
		}
		const type = rng.pick(COMMANDS[parseRef(actor).kind] ?? ['ADD']);
		const number = ++numbers;
		clients.call({ actor, type, cmdId: `c${number}`, tag: `t${number}` }, rng.between(4_000, 30_000), (payload, onReply) =>
			bus.request(actor, payload, onReply),
		);
	}

	function create(actor: string): void {
		const number = ++numbers;
		const { kind, id } = parseRef(actor);
		const names = hosts.map(({ name }) => name);
		const input = { hosts: [rng.pick(names), rng.pick(names)], home: rng.chance(0.5) ? rng.pick(names) : null };
		clients.call({ actor, type: 'create', cmdId: `c${number}`, tag: `t${number}` }, 60_000, ({ cmdId }, onReply) =>
			onSomeHost(
				(host) => host.engine()?.create(kind, id, input, { cmdId: String(cmdId), by: 'client' }),
				actor,
				{ cmdId: cmdId ?? null },
				onReply,
			),
		);
	}

	function onSomeHost(
		ask: (host: SimHost) => Promise<Reply> | undefined,
		actor: string,
		payload: JsonObject,
		onReply: (reply: Reply) => void,
	): void {
		const host = rng.pick(hosts);
		net.send(CLIENT, host.name, () => {
			const life = host.life();
			life?.enter(() => {
				const askedAt = world.now();
				void ask(host)?.then((reply) => {
					if (life.state() !== 'up') return;
					audit.replied(life, reply, { actor, payload, askedAt });
					net.send(host.name, CLIENT, () => onReply(reply));
				});
			});
		});
	}

	/** A host tells what it saw: no cmdId, so it is said once. */
	function nudge(actor: string): void {
		const tag = `n${++numbers}`;
		for (const host of hosts) {
			const life = host.life();
			life?.enter(() => {
				void host
					.engine()
					?.tell(parseRef(actor), { type: 'nudged', tag }, `host:${host.name}`)
					.then((reply) => {
						if (reply.ok && store.history(actor).every(({ record }) => !JSON.stringify(record.snap.context).includes(`"${tag}"`)))
							audit.fail('V1', `${host.name} took the fact ${tag} of ${actor} before its commit`);
					});
			});
		}
	}
}
