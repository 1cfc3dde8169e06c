// The little of the Redis protocol that Covey speaks: commands out, replies in, in order.
import { connect, type Socket } from 'node:net';
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { ServerAccess } from './admin.ts';

export type Reply = Buffer | number | null | Reply[];

export interface RedisClient extends AsyncDisposable {
	/** Rejects with EFFECT_FAILED and what the server said. */
	ask(...words: (string | Buffer)[]): Promise<Reply>;
}

const LIMIT_MS = 30_000;

/** Logged in. Rejects with EFFECT_FAILED or CANCELLED. */
export async function openRedis({ host, port, user, password }: ServerAccess, signal: AbortSignal): Promise<RedisClient> {
	const socket = connect({ host, port, signal });
	const waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
	let received = Buffer.alloc(0);
	const failAll = (why: string) => {
		for (const one of waiting.splice(0)) one.reject(new CoveyError('EFFECT_FAILED', `Redis on ${host}:${port}: ${why}`));
	};
	socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error(`no answer in ${LIMIT_MS / 1000} s`)));
	socket.on('error', (error) => failAll(error.message));
	socket.on('close', () => failAll('the connection ended'));
	socket.on('data', (chunk: Buffer) => {
		received = Buffer.concat([received, chunk]);
		for (let read = readReply(received, 0); read; read = readReply(received, 0)) {
			received = received.subarray(read.end);
			const one = waiting.shift();
			if (read.reply instanceof Error) one?.reject(read.reply);
			else one?.resolve(read.reply);
		}
	});
	const ask = (...words: (string | Buffer)[]): Promise<Reply> =>
		new Promise((resolve, reject) => {
			waiting.push({ resolve, reject });
			send(socket, words);
		});
	try {
		await ask('AUTH', user, password);
	} catch (thrown) {
		socket.destroy();
		throw thrown;
	}
	return {
		ask,
		async [Symbol.asyncDispose]() {
			socket.end();
			socket.destroySoon();
		},
	};
}

function send(socket: Socket, words: readonly (string | Buffer)[]): void {
	const parts: (string | Buffer)[] = [`*${words.length}\r\n`];
	for (const word of words) parts.push(`$${Buffer.byteLength(word)}\r\n`, word, '\r\n');
	socket.write(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))));
}

/** Null while it is not all there. */
function readReply(bytes: Buffer, from: number): { reply: Reply | Error; end: number } | null {
	const lineEnd = bytes.indexOf('\r\n', from);
	if (lineEnd < 0) return null;
	const kind = String.fromCharCode(bytes[from] ?? 0);
	const text = bytes.toString('utf8', from + 1, lineEnd);
	const end = lineEnd + 2;
	switch (kind) {
		case '+':
			return { reply: Buffer.from(text), end };
		case '-':
			return { reply: new CoveyError('EFFECT_FAILED', `Redis said: ${text}`), end };
		case ':':
			return { reply: Number(text), end };
		case '$':
			return readBulk(bytes, end, Number(text));
		case '*':
			return readList(bytes, end, Number(text));
		default:
			return {
				reply: new CoveyError('EFFECT_FAILED', 'What answers on the port of Redis speaks another language.'),
				end: bytes.length,
			};
	}
}

function readBulk(bytes: Buffer, from: number, length: number): { reply: Reply; end: number } | null {
	if (length < 0) return { reply: null, end: from };
	if (bytes.length < from + length + 2) return null;
	return { reply: Buffer.from(bytes.subarray(from, from + length)), end: from + length + 2 };
}

function readList(bytes: Buffer, from: number, length: number): { reply: Reply | Error; end: number } | null {
	if (length < 0) return { reply: null, end: from };
	const list: Reply[] = [];
	let end = from;
	for (let index = 0; index < length; index++) {
		const read = readReply(bytes, end);
		if (!read) return null;
		if (read.reply instanceof Error) return read;
		list.push(read.reply);
		end = read.end;
	}
	return { reply: list, end };
}
