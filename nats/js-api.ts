// The few raw JetStream requests Covey needs, always through the domain so that they also work on leaf hosts.
import { z } from 'zod';
import { CoveyError } from '../runtime/engine/errors.ts';
import { type NatsConnection, parseJson, request } from './connect.ts';
import { DOMAIN } from './domain.ts';

export const API = `$JS.${DOMAIN}.API`;

/** Error codes of the JetStream API, from the server's errors.json. */
export const JsCode = {
	notFound: 10037,
	streamNotFound: 10059,
	streamNameExists: 10058,
	wrongLastSequence: 10071,
	/** Another write of the same key is on its way: this one was not proposed, and who wins is not decided yet. */
	competingWrite: 10164,
} as const;

const ErrorAnswer = z.looseObject({
	error: z.object({ code: z.number(), err_code: z.number().optional(), description: z.string().optional() }),
});

/** The API answered, and said no. */
export class JsError extends Error {
	readonly code: number;
	readonly status: number;
	constructor(code: number, status: number, message: string) {
		super(message);
		this.code = code;
		this.status = status;
	}
}

/** Rejects with JsError when the API refuses, CoveyError STORE_UNAVAILABLE when nobody answers in time. */
export async function jsRequest<T>(
	nc: NatsConnection,
	api: string,
	body: object | null,
	answer: z.ZodType<T>,
	deadlineMs: number,
): Promise<T> {
	return jsAnswer(await jsCall(nc, `${API}.${api}`, body === null ? '' : JSON.stringify(body), deadlineMs), answer);
}

const PubAck = z.looseObject({ stream: z.string(), seq: z.number().int(), duplicate: z.boolean().optional() });

/** Publishes to a stream's subject if the last sequence on it still is `previous`. Resolves with the new sequence. */
export async function casPublish(
	nc: NatsConnection,
	subject: string,
	body: string | Uint8Array,
	previous: number,
	deadlineMs: number,
	extra: Record<string, string> = {},
): Promise<number> {
	const headers = { 'Nats-Expected-Last-Subject-Sequence': String(previous), ...extra };
	// A leaf's server drops bare stream subjects; on a voter's the domain's mapping would only cost time.
	const target = nc.info?.jetstream ? subject : `${API}.${subject}`;
	return jsAnswer(await jsCall(nc, target, body, deadlineMs, headers), PubAck).seq;
}

export interface StreamMessage {
	subject: string;
	seq: number;
	/** ms since 1970. */
	at: number;
	headers: ReadonlyMap<string, string>;
	data: Uint8Array;
}

const GetAnswer = z.looseObject({
	message: z.object({
		subject: z.string(),
		seq: z.number().int(),
		hdrs: z.string().optional(),
		data: z.string().optional(),
		time: z.string(),
	}),
});

/** Reads one message through the stream's leader; null when there is none. */
export async function leaderGet(
	nc: NatsConnection,
	stream: string,
	query: { last_by_subj: string } | { seq: number; next_by_subj: string },
	deadlineMs: number,
): Promise<StreamMessage | null> {
	try {
		const { message } = await jsRequest(nc, `STREAM.MSG.GET.${stream}`, query, GetAnswer, deadlineMs);
		return {
			subject: message.subject,
			seq: message.seq,
			at: Date.parse(message.time),
			headers: parseHeaders(message.hdrs === undefined ? '' : Buffer.from(message.hdrs, 'base64').toString('utf8')),
			data: Buffer.from(message.data ?? '', 'base64'),
		};
	} catch (error) {
		if (error instanceof JsError && error.code === JsCode.notFound) return null;
		throw error;
	}
}

/** A key that was deleted by hand (`nats kv del`): there, but empty. */
export const isTombstone = (message: StreamMessage): boolean => {
	const operation = message.headers.get('KV-Operation');
	return operation === 'DEL' || operation === 'PURGE' || message.headers.has('Nats-Marker-Reason');
};

async function jsCall(
	nc: NatsConnection,
	subject: string,
	payload: string | Uint8Array,
	deadlineMs: number,
	headers?: Readonly<Record<string, string>>,
): Promise<unknown> {
	const nobody = { code: 'STORE_UNAVAILABLE', message: 'No voting host answers for the store.' } as const;
	try {
		const reply = await request(nc, subject, payload, { deadlineMs, nobody, ...(headers ? { headers } : {}) });
		return parseJson(reply.data);
	} catch (error) {
		if (error instanceof CoveyError && error.code === 'STORE_UNAVAILABLE') throw error;
		const why = error instanceof Error ? error.message : String(error);
		throw new CoveyError('STORE_UNAVAILABLE', `The store did not answer: ${why}`, { cause: error });
	}
}

function jsAnswer<T>(answer: unknown, shape: z.ZodType<T>): T {
	const refused = isRefusal(answer) ? ErrorAnswer.safeParse(answer) : null;
	if (refused?.success) {
		const { code, err_code, description } = refused.data.error;
		throw new JsError(err_code ?? code, code, description ?? `JetStream error ${err_code ?? code}`);
	}
	const parsed = shape.safeParse(answer);
	if (!parsed.success)
		throw new CoveyError('STORE_UNAVAILABLE', `The store answered something unreadable: ${parsed.error.message}`);
	return parsed.data;
}

const isRefusal = (answer: unknown): boolean => typeof answer === 'object' && answer !== null && 'error' in answer;

function parseHeaders(text: string): Map<string, string> {
	const found = new Map<string, string>();
	for (const line of text.split('\r\n').slice(1)) {
		const colon = line.indexOf(':');
		if (colon > 0) found.set(line.slice(0, colon), line.slice(colon + 1).trim());
	}
	return found;
}
