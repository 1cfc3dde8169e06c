// Where the streams are: replicas, leader and servers of each, read and waited for.
import { z } from 'zod';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { StreamConfig } from './buckets.ts';
import type { NatsConnection } from './connect.ts';
import { JsError, jsRequest } from './js-api.ts';
import { retryUntil, waitUntil } from './wait.ts';

export interface StreamStanding {
	name: string;
	config: StreamConfig;
	/** Server name, null in an election. */
	leader: string | null;
	/** All servers that hold it, the leader too. */
	servers: string[];
	/** Every replica has everything, and no move is going on. */
	settled: boolean;
}

/** `offline`: all servers that hold it are away. */
export type Standing = StreamStanding | { name: string; offline: true };

const OFFLINE = 10_118;

const Info = z.looseObject({
	config: z.looseObject({ name: z.string(), num_replicas: z.number() }),
	cluster: z.looseObject({
		leader: z.string().optional(),
		replicas: z.array(z.looseObject({ name: z.string(), current: z.boolean(), offline: z.boolean().optional() })).nullish(),
		/** There while replicas come and go. */
		desired: z.unknown().optional(),
	}),
});
const Names = z.looseObject({ total: z.number(), streams: z.array(z.string()).nullish() });

/** Names of all streams. Rejects with STORE_UNAVAILABLE after `limitMs`. */
export async function streamNames(nc: NatsConnection, limitMs = 15_000): Promise<string[]> {
	const names: string[] = [];
	for (;;) {
		const page = await retryUntil(
			limitMs,
			() => jsRequest(nc, 'STREAM.NAMES', { offset: names.length }, Names, 3_000),
			isPassing,
		).catch(unavailable);
		names.push(...(page.streams ?? []));
		if (!page.streams?.length || names.length >= page.total) return names.sort();
	}
}

/** Rejects with STORE_UNAVAILABLE after `limitMs`. */
export async function standingOf(nc: NatsConnection, name: string, limitMs = 15_000): Promise<Standing> {
	try {
		const info = await retryUntil(limitMs, () => jsRequest(nc, `STREAM.INFO.${name}`, null, Info, 3_000), isPassing);
		const { leader, replicas, desired } = info.cluster;
		const others = replicas ?? [];
		return {
			name,
			config: info.config,
			leader: leader ?? null,
			servers: [...(leader ? [leader] : []), ...others.map((replica) => replica.name)].sort(),
			settled: leader !== undefined && desired === undefined && others.every(({ current }) => current),
		};
	} catch (error) {
		if (error instanceof JsError && error.code === OFFLINE) return { name, offline: true };
		return unavailable(error);
	}
}

/** Resolves with the standing once it is `wanted`. Rejects with STORE_UNAVAILABLE, naming `what` was waited for. */
export async function waitStanding(
	nc: NatsConnection,
	name: string,
	what: string,
	wanted: (standing: StreamStanding) => boolean,
	limitMs = 60_000,
): Promise<StreamStanding> {
	let seen: Standing | null = null;
	let cause: unknown;
	const holds = await waitUntil(
		async () => {
			seen = await standingOf(nc, name, 3_000).catch((error: unknown) => {
				cause = error;
				return null;
			});
			return seen !== null && !('offline' in seen) && wanted(seen);
		},
		limitMs,
		100,
	);
	if (holds && seen !== null && !('offline' in seen)) return seen;
	throw new CoveyError('STORE_UNAVAILABLE', `The stream ${name} ${what}: not within ${limitMs / 1000} s.`, {
		details: { stream: name, seen },
		cause,
	});
}

/** Elections, servers on their way in or out, and moves that are not over. */
export const isPassing = (error: unknown): boolean =>
	error instanceof CoveyError
		? error.code === 'STORE_UNAVAILABLE'
		: error instanceof JsError &&
			error.code !== OFFLINE &&
			(error.status >= 500 || /no suitable peers|insufficient|in progress|unavailable/i.test(error.message));

export function unavailable(error: unknown): never {
	if (error instanceof CoveyError) throw error;
	throw new CoveyError('STORE_UNAVAILABLE', `The store refused: ${error instanceof Error ? error.message : String(error)}`, {
		cause: error,
	});
}
