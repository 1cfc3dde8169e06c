// Changes of the voting servers and of where the streams are. Everything here looks before it acts, may be killed anywhere and
// called again, and rejects with STORE_UNAVAILABLE when it cannot be done in time.
import { z } from 'zod';
import { TIMELINE, timelineStream } from './buckets.ts';
import type { NatsConnection } from './connect.ts';
import { JsError, jsRequest } from './js-api.ts';
import { isPassing, type StreamStanding, standingOf, streamNames, unavailable, waitStanding } from './stream-standing.ts';
import { retryUntil, waitUntil } from './wait.ts';

export interface DataStanding {
	/** How many copies there are of the bucket that has the fewest. */
	lowest: number;
	/** How many copies there shall be of the bucket that shall have the most. */
	highest: number;
	/** How many of the buckets each server holds. */
	held: Record<string, number>;
	/** Every copy there is has everything; where voters left there may be fewer than there shall be. */
	settled: boolean;
	/** The same of the timeline, without which a cluster goes on; null while all that hold it are away. */
	timeline: { copies: number; wanted: number } | null;
}

const isBucket = (name: string): boolean => name.startsWith('KV_covey_');
const isOurs = (name: string): boolean => isBucket(name) || name === TIMELINE;
const Done = z.looseObject({ success: z.boolean() });
const Any = z.looseObject({});
const STEP_LIMIT_MS = 30_000;
const OFFLINE_PATIENCE_MS = 5_000;

export async function dataStanding(nc: NatsConnection): Promise<DataStanding> {
	const held: Record<string, number> = {};
	const copies: number[] = [];
	let highest = 1;
	let settled = true;
	let timeline: DataStanding['timeline'] = null;
	for (const name of (await streamNames(nc)).filter(isOurs)) {
		const standing = await standingOf(nc, name);
		if ('offline' in standing) {
			settled &&= !isBucket(name);
			continue;
		}
		settled &&= standing.settled;
		if (!isBucket(name)) {
			timeline = { copies: standing.servers.length, wanted: standing.config.num_replicas };
			continue;
		}
		for (const server of standing.servers) held[server] = (held[server] ?? 0) + 1;
		copies.push(standing.servers.length);
		highest = Math.max(highest, standing.config.num_replicas);
	}
	return { lowest: Math.min(...copies), highest, held, settled, timeline };
}

/**
 * Gives every bucket and the timeline `replicas` copies, one after the other, waits until each is settled, and lets it elect anew. When
 * that is fewer than before, the copy on `keep` stays (a server name). A timeline whose holders are all away is left as it is.
 */
export async function setReplicas(
	nc: NatsConnection,
	replicas: number,
	keep: string | null,
	onBucket: (name: string) => void = () => {},
): Promise<void> {
	for (const name of (await streamNames(nc)).filter(isOurs)) {
		onBucket(name);
		const found = await standingOf(nc, name);
		if ('offline' in found && !isBucket(name)) continue;
		if ('offline' in found) return unavailable(new Error(`the stream ${name} is offline`));
		if (found.config.num_replicas > replicas && keep !== null && found.servers.includes(keep)) await lead(nc, name, keep);
		// Voters that left took copies with them: the server counts them as made until another number is asked for.
		if (found.config.num_replicas === replicas && found.servers.length < replicas)
			await update(nc, name, { num_replicas: found.servers.length });
		await update(nc, name, { num_replicas: replicas });
		const isDone = ({ config, servers, settled }: StreamStanding) =>
			config.num_replicas === replicas && settled && servers.length === replicas;
		const { leader } = await waitStanding(nc, name, `has ${replicas} settled replicas`, isDone);
		if (replicas === 1) continue;
		// Who has seen no election since it holds a copy does not know for certain that it votes there, and could not go on from it alone.
		await lead(nc, name, null, leader);
		await waitStanding(nc, name, `has ${replicas} settled replicas again`, isDone);
	}
}

/** Before a live voter goes: its leads are handed to others at once, and what only it holds moves to `to` (a host's name). */
export async function emptyVoter(nc: NatsConnection, server: string, to: string): Promise<void> {
	for (const name of await streamNames(nc)) {
		const found = await standingOf(nc, name);
		if ('offline' in found || !found.servers.includes(server)) continue;
		if (found.config.num_replicas === 1) await move(nc, found, server, to);
		else if (found.leader === server) await lead(nc, name, null, server);
	}
}

/**
 * After a voter was taken out: waits until nothing is on it any more. What only a dead one held is lost with it; the timeline
 * is made anew from what the bucket still remembers, and gets its copies when the voters are looked at next. Returns the names of streams that were lost. `allHere`: whether every
 * other voter is connected, for a stream on one that only restarts is not lost.
 */
export async function waitWithout(nc: NatsConnection, server: string, allHere: () => Promise<boolean>): Promise<string[]> {
	const lost: string[] = [];
	for (const name of await streamNames(nc)) {
		const isFree = (found: StreamStanding) => found.settled && !found.servers.includes(server);
		if (!('offline' in (await standingOf(nc, name)))) await waitStanding(nc, name, `is free of ${server}`, isFree);
		else if (await isBack(nc, name, allHere)) continue;
		else {
			lost.push(name);
			if (name === TIMELINE) await remakeTimeline(nc);
		}
	}
	return lost;
}

/** False when all that could hold the stream are here, and it still is offline. */
async function isBack(nc: NatsConnection, name: string, allHere: () => Promise<boolean>): Promise<boolean> {
	const isOffline = async () => 'offline' in (await standingOf(nc, name));
	const decided = await waitUntil(async () => !(await isOffline()) || (await allHere()), STEP_LIMIT_MS, 500);
	if (!decided) unavailable(new Error(`the stream ${name} is offline and not all voters are here`));
	// A server that is here may still be loading it.
	return waitUntil(async () => !(await isOffline()), OFFLINE_PATIENCE_MS, 500);
}

/** `to` null: to whichever other server; `from` must not lead any more. */
async function lead(nc: NatsConnection, name: string, to: string | null, from: string | null = null): Promise<void> {
	const isSo = ({ leader }: StreamStanding) => leader !== null && (to === null ? leader !== from : leader === to);
	const body = to === null ? {} : { placement: { preferred: to } };
	await attempt(async () => {
		const found = await standingOf(nc, name, 3_000);
		if ('offline' in found || isSo(found)) return;
		await jsRequest(nc, `STREAM.LEADER.STEPDOWN.${name}`, body, Done, 3_000);
		await waitStanding(nc, name, to === null ? 'has another leader' : `is led by ${to}`, isSo, 5_000);
	});
}

/** A stream of one replica follows a placement tag; each server is tagged with its host. */
async function move(nc: NatsConnection, found: StreamStanding, from: string, to: string): Promise<void> {
	const tags = [`host:${to}`];
	const placement = z.looseObject({ tags: z.array(z.string()) }).safeParse(found.config['placement']);
	if (!placement.success || placement.data.tags.join() !== tags.join()) await update(nc, found.name, { placement: { tags } });
	await waitStanding(nc, found.name, `has moved to ${to}`, ({ servers, settled }) => settled && !servers.includes(from));
}

async function update(nc: NatsConnection, name: string, change: object): Promise<void> {
	await attempt(async () => {
		const found = await standingOf(nc, name, 3_000);
		if ('offline' in found) throw new JsError(503, 503, `the stream ${name} is offline`);
		if (Object.entries(change).every(([key, value]) => found.config[key] === value)) return;
		await jsRequest(nc, `STREAM.UPDATE.${name}`, { ...found.config, ...change }, Any, 5_000);
	});
}

async function remakeTimeline(nc: NatsConnection): Promise<void> {
	await attempt(async () => {
		if (!('offline' in (await standingOf(nc, TIMELINE, 3_000)))) return;
		await jsRequest(nc, `STREAM.DELETE.${TIMELINE}`, null, Done, 5_000);
	});
	await attempt(() => jsRequest(nc, `STREAM.CREATE.${TIMELINE}`, timelineStream(1), Any, 5_000));
}

const attempt = <T>(action: () => Promise<T>): Promise<T> => retryUntil(STEP_LIMIT_MS, action, isPassing).catch(unavailable);
