// A linearizable store seen through a bad network: slow answers, applied or lost writes whose answer never comes,
// no leader for seconds, now and then a read from a deposed leader; scans lag, watches miss changes.

import { CoveyError } from '../../runtime/engine/errors.ts';
import type { PutOutcome, Store } from '../../runtime/engine/ports.ts';
import { type ActorRecord, refText, type Stored } from '../../runtime/engine/record.ts';
import type { Knobs } from './knobs.ts';
import { type Life, lifeText } from './life.ts';
import { type Network, STORE } from './network.ts';
import type { World } from './world.ts';

export interface Committed {
	revision: number;
	at: number;
	body: string;
	record: ActorRecord;
	/** `host#incarnation` of the process that wrote it. */
	writer: string;
}

export interface StoreServer {
	port(life: Life): Store;
	/** No leader until the time given (true time). */
	elect(until: number): void;
	heal(): void;
	/** All revisions of an actor, oldest first. */
	history(actor: string): readonly Committed[];
	actors(): string[];
	last(actor: string): Committed | undefined;
}

const PUT_LIMIT_MS = 2_000;
/** How long a deposed leader may go on answering reads. */
export const DEPOSED_MS = 3_000;
const READ_LIMIT_MS = 2_000;

export function storeServer(
	world: World,
	knobs: Knobs,
	net: Network,
	onCommit: (actor: string, before: Committed | undefined, now: Committed, life: Life) => void,
): StoreServer {
	const rng = world.rng.fork();
	const histories = new Map<string, Committed[]>();
	const watchers = new Map<Life, Set<(stored: Stored) => void>>();
	let revision = 0;
	let leaderless = 0;
	let healed = false;
	const faulty = (share: number) => !healed && rng.chance(share);
	const last = (actor: string) => histories.get(actor)?.at(-1);
	const slow = (fn: () => void) =>
		knobs.slowStoreMs > 0 && !healed ? void world.after(rng.around(knobs.slowStoreMs), fn) : fn();

	function apply(body: string, actor: string, previous: number, life: Life): PutOutcome {
		const before = last(actor);
		if ((before?.revision ?? 0) !== previous) return { status: 'conflict' };
		const record = JSON.parse(body) as ActorRecord;
		const now: Committed = { revision: ++revision, at: world.now(), body, record, writer: lifeText(life) };
		const history = histories.get(actor);
		if (history) history.push(now);
		else histories.set(actor, [now]);
		world.trace(STORE, 'commit', `${actor} rev ${revision} by ${now.writer} ${body}`);
		onCommit(actor, before, now, life);
		for (const [watcher, listeners] of watchers) notify(watcher, listeners, now);
		return { status: 'committed', revision };
	}

	function notify(watcher: Life, listeners: Set<(stored: Stored) => void>, { body, revision }: Committed): void {
		if (faulty(knobs.missedWatch)) return;
		net.send(STORE, watcher.host, () =>
			watcher.enter(() => {
				for (const listener of listeners) listener({ record: JSON.parse(body), revision });
			}),
		);
	}

	/** Sends a question to the leader and its answer back; `undefined` when either is lost. */
	function ask<T>(life: Life, limitMs: number, answer: () => T | undefined): Promise<T | undefined> {
		return new Promise((resolve) => {
			const finish = (value: T | undefined) => life.enter(() => resolve(value));
			const giveUp = world.after(limitMs * rng.between(0.5, 1.5), () => finish(undefined));
			net.send(life.host, STORE, () => {
				if (world.now() < leaderless) return;
				const value = answer();
				if (value === undefined) return;
				slow(() =>
					net.send(STORE, life.host, () => {
						giveUp();
						finish(value);
					}),
				);
			});
		});
	}

	async function put(life: Life, record: ActorRecord, previous: number): Promise<PutOutcome> {
		const body = JSON.stringify(record);
		const actor = refText(record);
		const outcome = await ask(life, PUT_LIMIT_MS, () => {
			if (faulty(knobs.lostPut)) return undefined;
			const applied = apply(body, actor, previous, life);
			return faulty(knobs.lostAck) ? undefined : applied;
		});
		return outcome ?? { status: 'unknown' };
	}

	async function read(life: Life, actor: string): Promise<Stored | null> {
		const found = await ask(life, READ_LIMIT_MS, () => {
			const history = histories.get(actor) ?? [];
			const newest = history.at(-1);
			const stale = newest && world.now() - newest.at < DEPOSED_MS && faulty(knobs.staleRead);
			return { entry: stale ? history.at(-2) : newest };
		});
		if (!found) throw new CoveyError('STORE_UNAVAILABLE', 'the leader did not answer');
		return found.entry ? toStored(found.entry) : null;
	}

	async function scan(life: Life): Promise<Stored[]> {
		const asOf = healed ? world.now() : world.now() - rng.around(300);
		const found = await ask(life, READ_LIMIT_MS, () => {
			const then = [...histories.values()].map((history) => history.findLast(({ at }) => at <= asOf));
			return then.flatMap((entry) => (entry ? [toStored(entry)] : []));
		});
		if (!found) throw new CoveyError('STORE_UNAVAILABLE', 'the leader did not answer');
		return found;
	}

	return {
		port: (life) => ({
			put: (record, previous) => put(life, record, previous),
			read: (ref) => read(life, refText(ref)),
			scan: () => scan(life),
			watch(onChange) {
				const listeners = watchers.get(life) ?? new Set();
				watchers.set(life, listeners.add(onChange));
				return () => {
					listeners.delete(onChange);
					if (listeners.size === 0) watchers.delete(life);
				};
			},
		}),
		elect(until) {
			leaderless = until;
		},
		heal() {
			healed = true;
			leaderless = 0;
		},
		history: (actor) => histories.get(actor) ?? [],
		actors: () => [...histories.keys()],
		last,
	};
}

const toStored = ({ body, revision }: Committed): Stored => ({ record: JSON.parse(body) as ActorRecord, revision });
