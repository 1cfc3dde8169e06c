import { expect, test } from 'vitest';
import type { Beat, HeartbeatNews, Heartbeats } from '../../../runtime/engine/ports.ts';
import { createMembership } from '../../../runtime/host/membership.ts';
import { manualClock } from './manual-clock.ts';

const beat = (host: string, change: Partial<Beat> = {}): Beat => ({
	host,
	incarnation: 1,
	at: 0,
	machines: [],
	adopting: true,
	blinked: false,
	...change,
});

function room() {
	const clock = manualClock();
	let tell: (news: HeartbeatNews) => void = () => {};
	const said: unknown[] = [];
	const world = { pings: false as boolean | Error };
	const heartbeats: Heartbeats = {
		onNews(listener) {
			tell = listener;
			return () => {
				tell = () => {};
			};
		},
		say: (change) => said.push(change),
		async ping() {
			if (world.pings instanceof Error) throw world.pings;
			return world.pings;
		},
		observe: async () => null,
		stop: async () => {},
	};
	const seen: string[] = [];
	const me = { host: 'alder', incarnation: 3, machines: ['install@1'], adopting: true };
	const membership = createMembership({ me, heartbeats, clock, observe: (observation) => seen.push(observation.type) });
	return { clock, tell: (news: HeartbeatNews) => tell(news), said, world, seen, membership };
}

test('a host that falls silent goes from online over stale to offline within five seconds', async () => {
	const { clock, tell, membership, world } = room();
	tell({ type: 'heard', beat: beat('birch'), skewMs: 0 });
	await clock.advance(4_000);
	expect(membership.presence('birch')).toBe('online');
	expect(membership.lastSeen('birch')).toBe(clock.now());
	world.pings = new Error('not connected');
	tell({ type: 'silent', host: 'birch', incarnation: 1, forMs: 1_500 });
	const lastHeard = clock.now() - 1_500;
	await clock.advance(500);
	expect(membership.presence('birch')).toBe('stale');
	expect(membership.isDead('birch')).toBe(false);
	world.pings = false;
	await clock.advance(1_250);
	expect(membership.presence('birch')).toBe('offline');
	expect(membership.isDead('birch')).toBe(true);
	expect(membership.lastSeen('birch')).toBe(lastHeard);
	expect(membership.alive().map((peer) => peer.host)).toEqual(['alder']);
});

test('a host never heard of counts as dead once I have listened for three seconds, not before and not after a freeze', async () => {
	const { clock, membership } = room();
	let changes = 0;
	membership.onChange(() => changes++);
	await clock.advance(2_500);
	expect([membership.isDead('ghost'), membership.presence('ghost')]).toEqual([false, 'stale']);
	await clock.advance(1_000);
	expect([membership.isDead('ghost'), membership.presence('ghost'), changes]).toEqual([true, 'offline', 1]);
	expect(membership.isDead('alder')).toBe(false);
	clock.freeze(60_000);
	expect([membership.isDead('ghost'), membership.settled()]).toEqual([false, false]);
	await clock.advance(2_500);
	expect(membership.settled()).toBe(false);
	await clock.advance(1_000);
	expect(membership.settled()).toBe(true);
});

test('what I say of myself is in my own entry and told to the others', () => {
	const { membership, said } = room();
	membership.say({ adopting: false });
	expect(said).toEqual([{ adopting: false }]);
	expect(membership.alive()).toEqual([{ host: 'alder', incarnation: 3, machines: ['install@1'], adopting: false }]);
});
