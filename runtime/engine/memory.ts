// The ports without a network: for tests, and as the plain statement of what each port promises.
import { CoveyError } from './errors.ts';
import type { Bus, Cancel, Clock, Documents, JobAnswer, JobCompletion, JobOrder, Jobs, Reply, Store } from './ports.ts';
import { type ActorRecord, type ActorRef, type Json, MAX_RECORD_BYTES, refText, type Stored } from './record.ts';

export interface ManualClock extends Clock {
	/** Moves time on; what falls due runs in order of its time, and what that asks for too. */
	advance(ms: number): Promise<void>;
}

export function manualClock(start = 1_700_000_000_000): ManualClock {
	let now = start;
	let count = 0;
	const due = new Map<number, { at: number; fn: () => void }>();
	const next = () => [...due].sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
	return {
		now: () => now,
		after(ms, fn) {
			const id = ++count;
			due.set(id, { at: now + Math.max(0, ms), fn });
			return () => due.delete(id);
		},
		async advance(ms) {
			const end = now + ms;
			for (let one = next(); one && one[1].at <= end; one = next()) {
				due.delete(one[0]);
				now = Math.max(now, one[1].at);
				one[1].fn();
				await settled();
			}
			now = end;
			await settled();
		},
	};
}

/** Lets everything that is ready to run do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One store; hosts share it by sharing the object. */
export function memoryStore(): Store {
	const keys = new Map<string, Stored>();
	const watchers = new Set<(stored: Stored) => void>();
	let revision = 0;
	return {
		async read(ref) {
			const stored = keys.get(refText(ref));
			return stored ? structuredClone(stored) : null;
		},
		async put(record: ActorRecord, previous) {
			const bytes = Buffer.byteLength(JSON.stringify(record));
			if (bytes > MAX_RECORD_BYTES)
				throw new CoveyError(
					'RECORD_TOO_LARGE',
					`The record of ${refText(record)} has ${bytes} bytes; the limit is ${MAX_RECORD_BYTES}.`,
				);
			if ((keys.get(refText(record))?.revision ?? 0) !== previous) return { status: 'conflict' };
			const stored = { record: structuredClone(record), revision: ++revision };
			keys.set(refText(record), stored);
			for (const watcher of watchers) queueMicrotask(() => watchers.has(watcher) && watcher(structuredClone(stored)));
			return { status: 'committed', revision: stored.revision };
		},
		async scan() {
			return [...keys.values()].map((stored) => structuredClone(stored));
		},
		watch(onChange) {
			watchers.add(onChange);
			for (const stored of keys.values()) queueMicrotask(() => watchers.has(onChange) && onChange(structuredClone(stored)));
			return () => watchers.delete(onChange);
		},
	};
}

export function memoryDocuments(): Documents {
	const buckets = new Map<string, Map<string, { value: Json; revision: number }>>();
	let revision = 0;
	const bucketOf = (name: string) => {
		const bucket = buckets.get(name) ?? new Map<string, { value: Json; revision: number }>();
		buckets.set(name, bucket);
		return bucket;
	};
	return {
		async read(bucket, key) {
			return structuredClone(bucketOf(bucket).get(key) ?? null);
		},
		async put(bucket, key, value, previous) {
			const documents = bucketOf(bucket);
			if ((documents.get(key)?.revision ?? 0) !== previous) return { status: 'conflict' };
			documents.set(key, { value: structuredClone(value), revision: ++revision });
			return { status: 'committed', revision };
		},
		async list(bucket) {
			return [...bucketOf(bucket)].map(([key, document]) => ({ key, ...structuredClone(document) }));
		},
	};
}

export interface MemoryBus extends Bus {
	/** Asks whoever serves the actor. Rejects with NO_ANSWER when nobody does. */
	send(ref: ActorRef, payload: unknown): Promise<Reply>;
}

export function memoryBus(): MemoryBus {
	const served = new Map<string, (payload: unknown) => Promise<Reply>>();
	return {
		serve(ref, answer) {
			served.set(refText(ref), answer);
			return () => {
				if (served.get(refText(ref)) === answer) served.delete(refText(ref));
			};
		},
		async send(ref, payload) {
			const answer = served.get(refText(ref));
			if (!answer) throw new CoveyError('NO_ANSWER', `No host answers for ${refText(ref)} now.`);
			return structuredClone(await answer(structuredClone(payload)));
		},
	};
}

export interface MemoryJobTarget {
	order(order: JobOrder): Promise<JobAnswer>;
	retire(actor: ActorRef, epoch: number, live: string[], seq?: number): Promise<void>;
}

export interface MemoryJobs {
	/** The owner's side on `host`. */
	owner(host: string): Jobs;
	/** The worker's side on `host`. */
	serve(host: string, target: MemoryJobTarget): Cancel;
	/** Tells an owner a result; false when it has not taken it. */
	push(owner: string, completion: JobCompletion): Promise<boolean>;
}

/** One network of hosts that order jobs from each other. */
export function memoryJobs(): MemoryJobs {
	const targets = new Map<string, MemoryJobTarget>();
	const owners = new Map<string, (completion: JobCompletion) => Promise<boolean>>();
	const targetOf = (host: string) => {
		const target = targets.get(host);
		if (!target) throw new CoveyError('HOST_UNREACHABLE', `Host ${host} does not answer.`);
		return target;
	};
	return {
		owner: (host) => ({
			order: async (order) => structuredClone(await targetOf(order.host).order(structuredClone(order))),
			retire: async (target, actor, epoch, live, seq) => targetOf(target).retire(actor, epoch, [...live], seq),
			onCompletion(take) {
				owners.set(host, take);
				return () => owners.delete(host);
			},
		}),
		serve(host, target) {
			targets.set(host, target);
			return () => targets.delete(host);
		},
		push: async (owner, completion) => (await owners.get(owner)?.(structuredClone(completion))) ?? false,
	};
}
