// Peers for the engine and presence for the page, from heartbeats. The decisions are in membership-judge.ts.
import type { Presence } from '../../machines/host/contract.ts';
import type { Cancel, Clock, Heartbeats, Peer, Peers } from '../engine/ports.ts';
import { judge, type MembershipNews, newMembership } from './membership-judge.ts';
import { type KnownPeer, type MembershipAction, type MembershipObservation, RULES } from './membership-rules.ts';

const TICK_MS = 250;

export interface MembershipParts {
	me: Peer;
	heartbeats: Heartbeats;
	clock: Clock;
	observe(observation: MembershipObservation): void;
}

export interface LiveMembership extends Peers {
	/** A host known only from records or documents is `stale` until I may judge, then `offline`. */
	presence(host: string): Presence;
	/** When it was last heard, ms; null when not since I started. */
	lastSeen(host: string): number | null;
	/** Its clock minus ours, ms; null when not heard. */
	skewMs(host: string): number | null;
	/** Changes what I say of myself. */
	say(change: Partial<Pick<Peer, 'adopting' | 'machines'>>): void;
	stop(): void;
}

export function createMembership({ me, heartbeats, clock, observe }: MembershipParts): LiveMembership {
	let self = me;
	let state = newMembership(me.host, clock.now());
	const listeners = new Set<() => void>();
	let stopped = false;
	let cancelTick: Cancel = () => {};

	function take(news: MembershipNews): void {
		if (stopped) return;
		const judgement = judge(state, news, clock.now());
		state = judgement.state;
		for (const action of judgement.actions) act(action);
	}

	function act(action: MembershipAction): void {
		switch (action.do) {
			case 'ping': {
				const { host, round } = action;
				const tell = (answered: boolean) => take({ type: 'pinged', host, round, answered });
				// A ping that could not be sent says nothing about the other side: ask again.
				heartbeats.ping(host).then(tell, () => tell(true));
				break;
			}
			case 'askObserver': {
				const { observer, about, round } = action;
				const tell = (agoMs: number | null) => take({ type: 'observed', host: about, round, agoMs });
				heartbeats.observe(observer, about).then(tell, () => tell(null));
				break;
			}
			case 'announce':
				for (const listener of [...listeners]) listener();
				break;
			case 'observe':
				observe(action.observation);
				break;
		}
	}

	function tick(): void {
		take({ type: 'tick' });
		if (!stopped) cancelTick = clock.after(TICK_MS, tick);
	}

	const cancelNews = heartbeats.onNews(take);
	tick();

	const isFresh = () => state.connected && Math.abs(clock.now() - state.newsAt) <= RULES.frozenMs;
	return {
		alive: () => [
			self,
			...Object.values(state.peers)
				.filter((peer) => peer.status !== 'dead')
				.map(toPeer),
		],
		isDead(host) {
			if (host === me.host) return false;
			const peer = state.peers[host];
			return peer ? peer.status === 'dead' : state.settled && isFresh();
		},
		settled: () => state.settled && isFresh(),
		onChange(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		presence(host) {
			if (host === me.host) return 'online';
			const peer = state.peers[host];
			if (!peer) return state.settled ? 'offline' : 'stale';
			if (peer.status === 'dead') return 'offline';
			return peer.status === 'alive' && isFresh() ? 'online' : 'stale';
		},
		lastSeen(host) {
			const peer = state.peers[host];
			if (host === me.host || (peer?.status === 'alive' && isFresh())) return clock.now();
			return peer ? peer.heardAt : null;
		},
		skewMs: (host) => (host === me.host ? 0 : (state.peers[host]?.skewMs ?? null)),
		say(change) {
			self = { ...self, ...change };
			heartbeats.say(change);
			for (const listener of [...listeners]) listener();
		},
		stop() {
			stopped = true;
			cancelTick();
			cancelNews();
		},
	};
}

function toPeer({ host, incarnation, machines, adopting }: KnownPeer): Peer {
	return { host, incarnation, machines, adopting };
}
