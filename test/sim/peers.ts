// Verdicts on who lives: late, and wrong for a while. A frozen host is judged dead, wakes up and does not know it;
// a live one is judged dead now and then.
import type { Cancel, Peer, Peers } from '../../runtime/engine/ports.ts';
import type { Knobs } from './knobs.ts';
import type { Life } from './life.ts';
import { type Network, STORE } from './network.ts';
import type { World } from './world.ts';

export interface PeerBook {
	port(life: Life): Peers;
	heal(): void;
}

interface Opinion {
	peer: Peer;
	heardAt: number;
	dead: boolean;
	/** A wrong verdict stands until then. */
	wrongUntil: number;
}

const BEAT_MS = 500;

export function peerBook(
	world: World,
	knobs: Knobs,
	net: Network,
	lives: () => Iterable<Life>,
	describe: (life: Life) => Omit<Peer, 'host' | 'incarnation'>,
): PeerBook {
	const rng = world.rng.fork();
	let healed = false;

	/** Beats go through the bus: both ends must reach it. */
	const hears = (observer: Life, life: Life) =>
		life.state() === 'up' && net.open(life.host, STORE) && net.open(STORE, observer.host) && net.open(life.host, observer.host);

	function port(self: Life): Peers {
		const began = world.now();
		const opinions = new Map<string, Opinion>();
		const listeners = new Set<() => void>();
		const me = (): Peer => ({ host: self.host, incarnation: self.incarnation, ...describe(self) });
		const beat = () => {
			if (self.state() === 'dead') return;
			self.enter(listen);
			world.after(BEAT_MS, beat);
		};
		world.after(rng.between(50, BEAT_MS), beat);
		return {
			alive: () => [me(), ...[...opinions.values()].filter(({ dead }) => !dead).map(({ peer }) => peer)],
			isDead: (host) => host !== self.host && (opinions.get(host)?.dead ?? isSettled()),
			settled: isSettled,
			onChange(listener): Cancel {
				listeners.add(listener);
				return () => void listeners.delete(listener);
			},
		};

		function isSettled(): boolean {
			return world.now() - began > knobs.verdictMs;
		}

		function listen(): void {
			const before = JSON.stringify([...opinions.values()].map(({ peer, dead }) => [peer, dead]));
			for (const life of lives()) if (life !== self && hears(self, life)) hear(life);
			for (const opinion of opinions.values()) judge(opinion);
			const after = JSON.stringify([...opinions.values()].map(({ peer, dead }) => [peer, dead]));
			if (before === after && !(world.now() - began < knobs.verdictMs + 2 * BEAT_MS)) return;
			for (const listener of listeners) listener();
		}

		function hear(life: Life): void {
			const known = opinions.get(life.host);
			if (known && known.peer.incarnation > life.incarnation) return;
			const peer = { host: life.host, incarnation: life.incarnation, ...describe(life) };
			opinions.set(life.host, { peer, heardAt: world.now(), dead: known?.dead ?? false, wrongUntil: known?.wrongUntil ?? 0 });
		}

		function judge(opinion: Opinion): void {
			if (!healed && rng.chance(knobs.falseVerdict)) opinion.wrongUntil = world.now() + rng.between(1_000, 8_000);
			const silent = world.now() - opinion.heardAt > knobs.verdictMs;
			opinion.dead = silent || (!healed && world.now() < opinion.wrongUntil);
		}
	}

	return {
		port,
		heal() {
			healed = true;
		},
	};
}
