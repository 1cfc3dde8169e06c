// Follows committed records by the server's republish: core NATS, at most once. What was missed shows as a gap in the key's own
// sequence, after a reconnect, or at the next full re-read.
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { Cancel } from '../runtime/engine/ports.ts';
import { type ActorRef, parseRef, type Stored } from '../runtime/engine/record.ts';
import type { StreamMessage } from './js-api.ts';
import type { Decoded, Unreadable } from './record-codec.ts';
import { parseRepublished } from './republished.ts';
import { ALL_VIEWS } from './subjects.ts';

export interface WatchSource {
	read(ref: ActorRef): Promise<Stored | null>;
	scan(): Promise<Stored[]>;
	decode(message: Pick<StreamMessage, 'subject' | 'seq' | 'data'>): Decoded;
	resyncMs: number;
	onChange(stored: Stored): void;
	onUnreadable(unreadable: Unreadable): void;
}

export function watchRecords(nc: NatsConnection, source: WatchSource): Cancel {
	const known = new Map<string, number>();
	let stopped = false;
	let resyncing = false;

	const take = (stored: Stored) => {
		const key = `${stored.record.kind}.${stored.record.id}`;
		if (stopped || stored.revision <= (known.get(key) ?? 0)) return;
		known.set(key, stored.revision);
		source.onChange(stored);
	};
	const resync = async () => {
		if (resyncing || stopped) return;
		resyncing = true;
		try {
			for (const stored of await source.scan()) take(stored);
		} catch {
			// The store is away: the next reconnect or round finds what was missed.
		} finally {
			resyncing = false;
		}
	};
	const reread = async (key: string) => {
		try {
			const stored = await source.read(parseRef(key.replace('.', '/')));
			if (stored) take(stored);
		} catch {
			// Reported by the store where it is unreadable; otherwise as above.
		}
	};
	const onMessage = (message: Msg) => {
		const news = parseRepublished(message);
		if (news === null) return;
		const before = known.get(news.key);
		const decoded = source.decode({ subject: news.subject, seq: news.revision, data: message.data });
		if (decoded.status === 'readable') take(decoded.stored);
		else source.onUnreadable(decoded.unreadable);
		if (before !== undefined && news.previous > before) {
			// This key was overtaken, so messages were lost, perhaps of other keys whose last word it was.
			void reread(news.key);
			void resync();
		}
	};

	const subscription = nc.subscribe(ALL_VIEWS, { callback: (error, message) => (error ? void resync() : onMessage(message)) });
	const timer = setInterval(resync, source.resyncMs);
	void followReconnects(nc, () => stopped, resync);
	void nc.flush().then(resync, () => undefined);
	const stop = () => {
		if (stopped) return;
		stopped = true;
		clearInterval(timer);
		subscription.unsubscribe();
	};
	void nc.closed().then(stop);
	return stop;
}

async function followReconnects(nc: NatsConnection, isOver: () => boolean, onReconnect: () => void): Promise<void> {
	for await (const status of nc.status()) {
		if (isOver()) return;
		if (status.type === 'reconnect') onReconnect();
	}
}
