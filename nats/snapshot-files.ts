// The disaster copy: every stream of Covey as one file, with all revisions and history, and the way back.
//
// The server sends a snapshot in chunks to our inbox, each to be acknowledged; it takes one back in the same way. Both formats
// are its own: a file made by one version is read by the same and by newer ones.
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { namesIn } from '../runtime/disk/durable.ts';
import { CoveyError, toCoveyError } from '../runtime/engine/errors.ts';
import { jsonOf } from '../runtime/engine/json.ts';
import type { Msg, NatsConnection } from './connect.ts';
import { newInbox } from './inbox.ts';
import { JsCode, JsError, jsRequest } from './js-api.ts';
import { isPassing, unavailable } from './stream-standing.ts';
import { retryUntil } from './wait.ts';

export interface SnapshotFile {
	stream: string;
	file: string;
	/** Sequence of its last message. */
	lastSeq: number;
	messages: number;
	/** When it was taken, ms. */
	at: number;
	/** When its last message was written, ms; null when there is none. */
	lastAt: number | null;
	bytes: number;
}

const Config = z.looseObject({ name: z.string(), num_replicas: z.number() });
const State = z.looseObject({
	messages: z.number(),
	first_seq: z.number(),
	last_seq: z.number(),
	last_ts: z.string().optional(),
});
/** The beginning of a file, padded with spaces; the server's own `bytes` follow it. */
const Head = z.object({ covey: z.literal(1), at: z.number(), config: Config, state: State, bytes: z.number() });
type Head = z.infer<typeof Head>;
const HEAD_BYTES = 16_384;
const Begun = z.looseObject({ config: Config, state: State });
const RestoreBegun = z.looseObject({ deliver_subject: z.string() });
const ChunkAnswer = z.object({ error: z.object({ description: z.string().optional() }).optional() });

/** A chunk that does not come for this long means that the server that sent it is gone. */
const SILENCE_MS = 10_000;
const CHUNK_BYTES = 128 * 1024;
const SUFFIX = '.snapshot';
const UNFINISHED = '.new';
const RESTORE_NAME_EXISTS = 10_130;

/**
 * Writes `<folder>/<stream>.snapshot` for each of the streams that has changed since the file there, whole or not at all,
 * readable by its user only. One that is not there yet is left out. One that is away keeps its older file, and the call rejects
 * with STORE_UNAVAILABLE when the others are saved. Rejects with DISK_FULL or DATA_DIR_UNUSABLE too.
 */
export async function saveSnapshots(nc: NatsConnection, folder: string, streams: readonly string[]): Promise<SnapshotFile[]> {
	await mkdir(folder, { recursive: true, mode: 0o700 }).catch(unusable(folder));
	const saved: SnapshotFile[] = [];
	const failures: CoveyError[] = [];
	for (const stream of streams) {
		const file = snapshotFile(folder, stream);
		try {
			if (await hasChanged(nc, stream, file)) saved.push(await saveSnapshot(nc, stream, file));
		} catch (error) {
			failures.push(toCoveyError(error));
		}
	}
	const [first] = failures;
	if (first) throw first;
	return saved;
}

export const snapshotFile = (folder: string, stream: string): string => join(folder, `${stream}${SUFFIX}`);

/** Removes what a killed process left half written. For the one process that writes here, before it does. */
export async function tidySnapshots(folder: string): Promise<void> {
	const names = namesIn(folder);
	await Promise.all(names.filter((name) => name.endsWith(UNFINISHED)).map((name) => rm(join(folder, name), { force: true })));
}

/** What the files in the folder hold; damaged ones are left out. */
export async function listSnapshots(folder: string): Promise<SnapshotFile[]> {
	const names = namesIn(folder);
	const found: SnapshotFile[] = [];
	for (const name of names.filter((one) => one.endsWith(SUFFIX)).sort()) {
		const head = await readHead(join(folder, name));
		if (head) found.push(snapshotOf(join(folder, name), head));
	}
	return found;
}

/** Takes the snapshot of one stream; its chunks go to the disk as they come. */
export async function saveSnapshot(nc: NatsConnection, stream: string, file: string): Promise<SnapshotFile> {
	const inbox = newInbox(nc);
	const chunks = nc.subscribe(inbox);
	const temporary = `${file}.${process.pid}${UNFINISHED}`;
	try {
		const handle = await open(temporary, 'w', 0o600);
		let head: Head;
		try {
			const order = { deliver_subject: inbox, no_consumers: true, chunk_size: CHUNK_BYTES };
			const begun = await jsRequest(nc, `STREAM.SNAPSHOT.${stream}`, order, Begun, 5_000).catch(unavailable);
			const bytes = await collect(nc, stream, chunks, handle);
			head = { covey: 1, at: Date.now(), config: begun.config, state: begun.state, bytes };
			await handle.write(Buffer.from(`${JSON.stringify(head).padEnd(HEAD_BYTES - 1)}\n`), 0, HEAD_BYTES, 0);
			await handle.sync();
		} finally {
			await handle.close();
		}
		await rename(temporary, file);
		return snapshotOf(file, head);
	} catch (error) {
		await rm(temporary, { force: true });
		return error instanceof CoveyError ? Promise.reject(error) : unusable(file)(error);
	} finally {
		chunks.unsubscribe();
	}
}

/**
 * Brings a stream back from its file, with `replicas` copies. Rejects with NAME_TAKEN when the stream exists: what is there is
 * never overwritten.
 */
export async function restoreSnapshot(nc: NatsConnection, file: string, replicas: number): Promise<SnapshotFile> {
	const head = await readHead(file);
	if (head === null)
		throw new CoveyError('DATA_DIR_UNUSABLE', `${basename(file)} is not a whole snapshot; use that of another host.`);
	const { placement: _placement, ...config } = head.config;
	const subject = await beginRestore(nc, { config: { ...config, num_replicas: replicas }, state: head.state });
	const handle = await open(file, 'r').catch(unusable(file));
	try {
		const buffer = Buffer.alloc(CHUNK_BYTES);
		for (let at = HEAD_BYTES; at < HEAD_BYTES + head.bytes; ) {
			const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
			if (bytesRead === 0) throw new CoveyError('DATA_DIR_UNUSABLE', `${basename(file)} became shorter while it was read.`);
			await sendChunk(nc, subject, buffer.subarray(0, bytesRead));
			at += bytesRead;
		}
		await sendChunk(nc, subject, Buffer.alloc(0));
	} finally {
		await handle.close();
	}
	return snapshotOf(file, head);
}

async function beginRestore(nc: NatsConnection, request: { config: z.infer<typeof Config>; state: object }): Promise<string> {
	const { name } = request.config;
	try {
		const ask = () => jsRequest(nc, `STREAM.RESTORE.${name}`, request, RestoreBegun, 5_000);
		return (await retryUntil(30_000, ask, (error) => isPassing(error) && !isTaken(error))).deliver_subject;
	} catch (error) {
		if (isTaken(error)) throw new CoveyError('NAME_TAKEN', `The stream ${name} exists already; it is not overwritten.`);
		return unavailable(error);
	}
}

/** Each chunk is acknowledged, or the server stops after a few; the last one is empty. Returns the bytes written after the head. */
async function collect(nc: NatsConnection, stream: string, chunks: AsyncIterable<Msg>, handle: FileHandle): Promise<number> {
	const messages = chunks[Symbol.asyncIterator]();
	for (let bytes = 0; ; ) {
		const next = await withLimit(messages.next(), SILENCE_MS, `the snapshot of ${stream} stopped in the middle`);
		if (next.done) throw new CoveyError('STORE_UNAVAILABLE', `The snapshot of ${stream} was cut off.`);
		const { data, reply, headers } = next.value;
		if (data.length === 0) {
			// An aborted snapshot ends with a status instead of silence.
			if (headers && headers.code !== 0 && headers.code !== 204)
				throw new CoveyError('STORE_UNAVAILABLE', `The snapshot of ${stream} was broken off: ${headers.description}.`);
			return bytes;
		}
		await handle.write(data, 0, data.length, HEAD_BYTES + bytes);
		bytes += data.length;
		if (reply) nc.publish(reply);
	}
}

async function sendChunk(nc: NatsConnection, subject: string, chunk: Uint8Array): Promise<void> {
	const reply = await nc.request(subject, chunk, { timeout: SILENCE_MS }).catch((error: unknown) => {
		throw toCoveyError(error, 'STORE_UNAVAILABLE');
	});
	const answer = ChunkAnswer.safeParse(jsonOf(new TextDecoder().decode(reply.data)));
	const error = answer.success ? answer.data.error : undefined;
	if (error)
		throw new CoveyError('STORE_UNAVAILABLE', `The store did not take the snapshot: ${error.description ?? 'no reason given'}.`);
}

async function hasChanged(nc: NatsConnection, stream: string, file: string): Promise<boolean> {
	const ask = jsRequest(nc, `STREAM.INFO.${stream}`, null, z.looseObject({ state: State }), 3_000);
	const info = await ask.catch((error: unknown) =>
		error instanceof JsError && error.code === JsCode.streamNotFound ? null : unavailable(error),
	);
	if (info === null) return false;
	const head = await readHead(file);
	if (head === null) return true;
	const { last_seq, messages, last_ts } = info.state;
	return last_seq !== head.state.last_seq || messages !== head.state.messages || last_ts !== head.state.last_ts;
}

/** Null when there is no whole file. */
async function readHead(file: string): Promise<Head | null> {
	const handle = await open(file, 'r').catch(() => null);
	if (handle === null) return null;
	try {
		const buffer = Buffer.alloc(HEAD_BYTES);
		await handle.read(buffer, 0, HEAD_BYTES, 0);
		const head = Head.safeParse(jsonOf(buffer.toString('utf8')));
		return head.success && (await handle.stat()).size === HEAD_BYTES + head.data.bytes ? head.data : null;
	} finally {
		await handle.close();
	}
}

const snapshotOf = (file: string, { at, config, state, bytes }: Head): SnapshotFile => ({
	stream: config.name,
	file,
	lastSeq: state.last_seq,
	messages: state.messages,
	at,
	lastAt: state.messages > 0 && state.last_ts ? Date.parse(state.last_ts) : null,
	bytes,
});

const unusable =
	(path: string) =>
	(error: unknown): never => {
		const why = error instanceof Error ? error.message : String(error);
		throw toCoveyError(
			Object.assign(new Error(`Cannot use ${basename(path)}: ${why}`), { code: codeOf(error) }),
			'DATA_DIR_UNUSABLE',
		);
	};

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

async function withLimit<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new CoveyError('STORE_UNAVAILABLE', `After ${ms / 1000} s ${what}.`)), ms);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const isTaken = (error: unknown): boolean =>
	error instanceof JsError && (error.code === JsCode.streamNameExists || error.code === RESTORE_NAME_EXISTS);
