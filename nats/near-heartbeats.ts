// The engine's Heartbeats without a thread of their own, for a host that does so little that its main thread is never busy for long:
// a thread costs 10 MB. When this thread is stuck nothing beats either, and a host that cannot act is not alive.
import type { HeartbeatNews, Heartbeats } from '../runtime/engine/ports.ts';
import { type OwnBeat, startBeating } from './beating.ts';
import type { NatsConnection } from './connect.ts';
import { answerPings, observe, ping } from './pings.ts';

export function nearHeartbeats(nc: NatsConnection, beat: OwnBeat): Heartbeats {
	const listeners = new Set<(news: HeartbeatNews) => void>();
	const early: HeartbeatNews[] = [];
	const beating = startBeating(nc, beat, {
		tell(news) {
			// Who is heard before the first listener is told to it when it comes.
			if (listeners.size === 0) early.push(news);
			for (const listener of listeners) listener(news);
		},
		isAlive: () => true,
		onCrowd: () => {},
	});
	const pings = answerPings(nc, beat);
	return {
		onNews(listener) {
			listeners.add(listener);
			for (const news of early.splice(0)) listener(news);
			return () => listeners.delete(listener);
		},
		say: beating.say,
		ping: (host) => ping(nc, host),
		observe: (observer, about) => observe(nc, observer, about),
		async stop() {
			beating.stop();
			pings.stop();
		},
	};
}
