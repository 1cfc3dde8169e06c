// The streams Covey needs, made and kept as wanted. Every host may do it at any time, all at once, and again.
import { z } from 'zod';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { NatsConnection } from './connect.ts';
import { JsCode, JsError, jsRequest } from './js-api.ts';
import { retryUntil, waitUntil } from './wait.ts';

export const ACTORS = 'KV_covey_actors';
export const TIMELINE = 'covey_timeline';
export const documentStream = (bucket: string): string => `KV_covey_${bucket}`;

/** How many earlier records of one actor the bucket keeps. */
export const ACTOR_HISTORY = 64;
export const DOCUMENT_HISTORY = 8;

const DAY_NS = 24 * 3600 * 1e9;

export interface BucketsReady {
	/** `away`: the hosts that hold it are down. State and commits do not need it. */
	timeline: 'ready' | 'away';
}

/**
 * Makes what is missing, with so many replicas, and brings the rest up to date; how many replicas that has is changed by the
 * actor `voters/cluster` alone. Resolves when every bucket has a leader, and those that were made are current. Rejects with
 * STORE_UNAVAILABLE after `limitMs`.
 */
export async function ensureBuckets(nc: NatsConnection, replicas: number, limitMs = 60_000): Promise<BucketsReady> {
	const deadline = performance.now() + limitMs;
	for (const wanted of wantedBuckets(replicas)) await ensureStream(nc, wanted, deadline);
	try {
		await ensureStream(nc, timelineStream(replicas), Math.min(deadline, performance.now() + 5_000));
		return { timeline: 'ready' };
	} catch (error) {
		if (isPassing(error)) return { timeline: 'away' };
		throw error;
	}
}

export interface StreamConfig {
	name: string;
	num_replicas: number;
	[option: string]: unknown;
}

export const wantedBuckets = (replicas: number): StreamConfig[] => [
	{ ...bucket('covey_actors', ACTOR_HISTORY, replicas), republish: { src: '$KV.covey_actors.>', dest: 'covey.view.>' } },
	...['plans', 'hosts', 'config', 'catalogs', 'secrets', 'authority'].map((name) =>
		bucket(`covey_${name}`, DOCUMENT_HISTORY, replicas),
	),
];

/** What a disaster copy holds: the timeline first, for it follows the actors, and must not be ahead of them when they come back. */
export const streamsToCopy = ({ authority, timeline }: { authority: boolean; timeline: boolean }): string[] => [
	...(timeline ? [TIMELINE] : []),
	...wantedBuckets(1)
		.map(({ name }) => name)
		.filter((name) => authority || name !== documentStream('authority')),
];

// As many copies as a bucket: with one, thirty days of history were gone with one disk, and stood still while its host was away.
export const timelineStream = (replicas: number): StreamConfig => ({
	name: TIMELINE,
	storage: 'file',
	retention: 'limits',
	discard: 'old',
	sources: [{ name: ACTORS }],
	max_age: 30 * DAY_NS,
	max_bytes: 256 * 1024 ** 2,
	num_replicas: replicas,
	allow_direct: true,
});

// The shape every NATS client expects of a key-value bucket (ADR-8), so that `nats kv` works on it.
const bucket = (name: string, history: number, replicas: number): StreamConfig => ({
	name: `KV_${name}`,
	subjects: [`$KV.${name}.>`],
	storage: 'file',
	retention: 'limits',
	discard: 'new',
	max_msgs_per_subject: history,
	num_replicas: replicas,
	allow_direct: true,
	// Nothing of Covey takes history away; a key is deleted by a marker.
	allow_rollup_hdrs: false,
	deny_delete: true,
	deny_purge: true,
});

const Info = z.looseObject({
	config: z.looseObject({ name: z.string(), num_replicas: z.number() }),
	cluster: z
		.looseObject({ leader: z.string().optional(), replicas: z.array(z.looseObject({ current: z.boolean() })).nullish() })
		.optional(),
});
type Info = z.infer<typeof Info>;

async function ensureStream(nc: NatsConnection, wanted: StreamConfig, deadline: number): Promise<void> {
	const remaining = () => Math.max(1, deadline - performance.now());
	let change: Change;
	try {
		change = await retryUntil(remaining(), () => makeOrUpdate(nc, wanted), isPassing);
	} catch (error) {
		throw unavailable(wanted, error instanceof Error ? error.message : String(error), error);
	}
	// A voter that is down keeps no host from starting; only what was just made must arrive.
	const ready = await waitUntil(
		async () => isReady(await streamInfo(nc, wanted.name).catch(noneWhilePassing), wanted, change),
		remaining(),
		100,
	);
	if (!ready) throw unavailable(wanted, change === 'kept' ? 'it has no leader' : 'not all its replicas are current');
}

type Change = 'made' | 'kept';

async function makeOrUpdate(nc: NatsConnection, wanted: StreamConfig): Promise<Change> {
	const found = await streamInfo(nc, wanted.name);
	if (found === null) {
		// Several hosts find it missing at once: the same configuration twice is no error, another one shows as "name exists".
		await jsRequest(nc, `STREAM.CREATE.${wanted.name}`, wanted, Info, 10_000);
		return 'made';
	}
	const config = { ...wanted, num_replicas: found.config.num_replicas };
	if (differs(found.config, config))
		await jsRequest(nc, `STREAM.UPDATE.${wanted.name}`, { ...found.config, ...config }, Info, 10_000);
	return 'kept';
}

async function streamInfo(nc: NatsConnection, name: string): Promise<Info | null> {
	try {
		return await jsRequest(nc, `STREAM.INFO.${name}`, null, Info, 3_000);
	} catch (error) {
		if (error instanceof JsError && error.code === JsCode.streamNotFound) return null;
		throw error;
	}
}

/** The server adds defaults of its own; only what we ask for is compared. */
function differs(found: { [key: string]: unknown }, wanted: StreamConfig): boolean {
	return Object.entries(wanted).some(([key, value]) => !includes(found[key], value));
}

function includes(found: unknown, wanted: unknown): boolean {
	if (Array.isArray(wanted))
		return Array.isArray(found) && found.length === wanted.length && wanted.every((value, i) => includes(found[i], value));
	if (typeof wanted === 'object' && wanted !== null) {
		return (
			typeof found === 'object' &&
			found !== null &&
			Object.entries(wanted).every(([key, value]) => includes((found as { [key: string]: unknown })[key], value))
		);
	}
	return found === wanted || (wanted === false && found === undefined);
}

function isReady(info: Info | null, wanted: StreamConfig, change: Change): boolean {
	if (!info?.cluster?.leader) return false;
	const others = info.cluster.replicas ?? [];
	return change === 'kept' || (others.length >= wanted.num_replicas - 1 && others.every((replica) => replica.current));
}

const noneWhilePassing = (error: unknown): null => {
	if (isPassing(error)) return null;
	throw error;
};

/** Elections, servers that have not joined yet, and other hosts making the same stream at this moment. */
const isPassing = (error: unknown): boolean =>
	error instanceof CoveyError
		? error.code === 'STORE_UNAVAILABLE'
		: error instanceof JsError &&
			(error.status >= 500 ||
				error.code === JsCode.streamNameExists ||
				/no suitable peers|insufficient|in progress|unavailable/i.test(error.message));

const unavailable = (wanted: StreamConfig, why: string, cause?: unknown): CoveyError =>
	new CoveyError(
		'STORE_UNAVAILABLE',
		`The stream ${wanted.name} cannot be made ready with ${wanted.num_replicas} replicas: ${why}`,
		{ cause },
	);
