// Client connections and requests with a deadline.
import {
	type Msg,
	type MsgHdrs,
	type NatsConnection,
	PermissionViolationError,
	RequestError,
	TimeoutError,
} from '@nats-io/transport-node';
import { CoveyError, type ErrorCode, toCoveyError } from '../runtime/engine/errors.ts';
import type { ConnectOptions } from './connection-options.ts';
import { firstConnection } from './first-connection.ts';
import { rememberInbox } from './inbox.ts';

export type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
export type { ClientIdentity, ConnectOptions } from './connection-options.ts';

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
		const nc = await Promise.race([connecting, late]);
		rememberInbox(nc, options.identity?.inbox);
		return nc;
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

export interface RequestOptions {
	deadlineMs: number;
	headers?: MsgHdrs;
	/** What it means that nobody listens on the subject. Default NO_ANSWER. */
	nobody?: { code: ErrorCode; message: string };
}

/** Rejects with `nobody.code` when there is no responder, TIMEOUT when none answered in time, NOT_TRUSTED when we may not ask that. */
export async function request(
	nc: NatsConnection,
	subject: string,
	payload: string | Uint8Array,
	options: RequestOptions,
): Promise<Msg> {
	try {
		return await nc.request(subject, payload, {
			timeout: Math.max(1, options.deadlineMs),
			...(options.headers ? { headers: options.headers } : {}),
		});
	} catch (error) {
		throw mapped(error, subject, options);
	}
}

function mapped(error: unknown, subject: string, options: RequestOptions): CoveyError {
	if (error instanceof RequestError && error.isNoResponders()) {
		const nobody = options.nobody ?? { code: 'NO_ANSWER', message: `Nobody answers on ${subject}.` };
		return new CoveyError(nobody.code, nobody.message, { cause: error, details: { subject } });
	}
	if (error instanceof TimeoutError || (error instanceof Error && error.cause instanceof TimeoutError)) {
		return new CoveyError('TIMEOUT', `No answer on ${subject} in ${Math.round(options.deadlineMs)} ms.`, {
			cause: error,
			details: { subject },
		});
	}
	if (isForbidden(error))
		return new CoveyError('NOT_TRUSTED', `This credential may not use ${subject}.`, {
			cause: error,
			details: { subject },
		});
	return toCoveyError(error, 'NO_ANSWER');
}

const isForbidden = (error: unknown): boolean =>
	error instanceof PermissionViolationError || (error instanceof Error && error.cause instanceof PermissionViolationError);

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a JSON payload; null when it is none. */
export function parseJson(payload: Uint8Array): unknown {
	try {
		return JSON.parse(UTF8.decode(payload));
	} catch {
		return null;
	}
}
