// Client connections, and what is read from them.
import type { NatsConnection } from '@nats-io/transport-node';
import { CoveyError } from '../runtime/engine/errors.ts';
import type { ConnectOptions } from './connection-options.ts';
import { firstConnection } from './first-connection.ts';

export type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
export type { ClientIdentity, ConnectOptions } from './connection-options.ts';
export { type RequestOptions, request } from './request.ts';

/** Connects, and keeps reconnecting for ever once connected. Rejects with NO_ANSWER. */
export async function connectNats(options: ConnectOptions): Promise<NatsConnection> {
	const deadlineMs = options.deadlineMs ?? 5_000;
	const givenUp = new AbortController();
	const connecting = firstConnection(options, givenUp.signal);
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`no answer in ${deadlineMs} ms`)), deadlineMs);
	});
	try {
		return await Promise.race([connecting, late]);
	} catch (error) {
		// It may still succeed after our deadline: nobody would close that one.
		connecting.then(
			(nc) => nc.close(),
			() => undefined,
		);
		throw new CoveyError('NO_ANSWER', `Cannot connect to NATS at ${options.servers.join(', ')}: ${(error as Error).message}`, {
			cause: error,
		});
	} finally {
		givenUp.abort();
		clearTimeout(timer);
	}
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a JSON payload; null when it is none. */
export function parseJson(payload: Uint8Array): unknown {
	try {
		return JSON.parse(UTF8.decode(payload));
	} catch {
		return null;
	}
}
