// A replica that led its stream when the network was cut can be stuck after it is healed (nats-server 2.15): it refuses to catch up,
// answers direct reads with what it had, and is no help when the next voter dies. The leader's next snapshot, up to two minutes
// later, or another leader sets it right. So a leader steps down when a replica that is here stays behind.
//
// A stream that follows another one asks it once for its messages, and waits half a minute for the answer, longer each time, though
// nobody heard it because that one had no leader just then. A new leader asks at once.
import { z } from 'zod';
import type { Clock } from '../runtime/engine/ports.ts';
import { repeat } from '../runtime/engine/repeat.ts';
import { connectNats } from './connect.ts';
import { jsRequest } from './js-api.ts';
import { type LedStream, ledStreams, routedTo } from './monitor.ts';
import type { NatsServer } from './server.ts';

export interface Watched {
	/** By stream and server: since when it has been behind without coming nearer, ms, and by how much. */
	behind: Readonly<Record<string, { since: number; lag: number }>>;
	/** By stream and source: since when that has said nothing, ms. */
	silent: Readonly<Record<string, number>>;
	/** When the leader of a stream stepped down last, ms. */
	steppedDown: Readonly<Record<string, number>>;
}

export const NOTHING_WATCHED: Watched = { behind: {}, silent: {}, steppedDown: {} };

const EVERY_MS = 5_000;
const STUCK_MS = 15_000;
const SILENT_MS = 5_000;
/** The server itself asks again after 10 s to 20 s, unless it waits for an answer. */
const DEAF_MS = 10_000;
const AGAIN_MS = 60_000;

/** Which streams that this server leads want another leader. `here`: the servers it has routes to. Pure. */
export function stuckStreams(
	before: Watched,
	led: readonly LedStream[],
	here: readonly string[],
	now: number,
): { watched: Watched; stepDown: string[] } {
	const behind: Record<string, { since: number; lag: number }> = {};
	const silent: Record<string, number> = {};
	const stepDown: string[] = [];
	for (const { name, replicas, sources } of led) {
		const slow = replicas.filter(({ server, current }) => !current && here.includes(server));
		for (const { server, lag } of slow) {
			const known = before.behind[`${name}/${server}`];
			behind[`${name}/${server}`] = known && lag >= known.lag ? { since: known.since, lag } : { since: now, lag };
		}
		for (const source of sources.filter(({ silentMs }) => silentMs === null || silentMs >= SILENT_MS))
			silent[`${name}/${source.name}`] = before.silent[`${name}/${source.name}`] ?? now;
		const isStuck =
			slow.some(({ server }) => now - (behind[`${name}/${server}`]?.since ?? now) >= STUCK_MS) ||
			sources.some((source) => now - (silent[`${name}/${source.name}`] ?? now) >= DEAF_MS);
		const canFollow = replicas.some(({ server, current }) => current && here.includes(server));
		if (isStuck && canFollow && now - (before.steppedDown[name] ?? Number.NEGATIVE_INFINITY) >= AGAIN_MS) stepDown.push(name);
	}
	const steppedDown = { ...before.steppedDown, ...Object.fromEntries(stepDown.map((name) => [name, now])) };
	return { watched: { behind, silent, steppedDown }, stepDown };
}

export interface ReplicaKeeper {
	stop(): void;
}

export interface ReplicaKeeperParts {
	server: Pick<NatsServer, 'own' | 'name' | 'topology' | 'pid'>;
	clock: Pick<Clock, 'after'>;
	/** ms, monotonic. */
	now(): number;
	onSteppedDown(stream: string): void;
	onFailure(thrown: unknown): void;
}

export function keepReplicasCurrent({ server, clock, now, onSteppedDown, onFailure }: ReplicaKeeperParts): ReplicaKeeper {
	let watched = NOTHING_WATCHED;
	const look = async (): Promise<void> => {
		const { role, monitorPort } = server.topology;
		if (role !== 'voter' || server.pid === null) return;
		const led = await ledStreams(monitorPort, server.name);
		if (led === null) return;
		const decided = stuckStreams(watched, led, await routedTo(monitorPort), now());
		watched = decided.watched;
		for (const stream of decided.stepDown) {
			await stepDown(server, stream);
			onSteppedDown(stream);
		}
	};
	return repeat({ clock, everyMs: EVERY_MS, look, onFailure });
}

/** Another server leads the stream from then on. Rejects with JsError, STORE_UNAVAILABLE or NO_ANSWER. */
export async function stepDown(server: ReplicaKeeperParts['server'], stream: string): Promise<void> {
	const nc = await connectNats({ ...server.own('growth'), name: `covey growth ${server.name}` });
	try {
		await jsRequest(nc, `STREAM.LEADER.STEPDOWN.${stream}`, {}, z.looseObject({}), 3_000);
	} finally {
		await nc.close();
	}
}
