// One way to answer a request: JSON out, errors as data.
import { type Msg, type MsgHdrs, type NatsConnection, headers as newHeaders } from '@nats-io/transport-node';
import { CoveyError, ERRORS, toWire, type WireError } from '../runtime/engine/errors.ts';

export type Handler = (payload: Uint8Array, subject: string) => Promise<unknown>;
export type Answered = { status: 'ok' } | { status: 'error'; error: WireError };

/** Runs the handler and sends its result, or `{ok:false,error}` with the service protocol's error headers. Never rejects. */
export async function answer(nc: NatsConnection, message: Msg, handler: Handler): Promise<Answered> {
	try {
		const result = await handler(message.data, message.subject);
		const failure = failureOf(result);
		respond(nc, message, encode(nc, result ?? null), failure);
		return failure ? { status: 'error', error: failure } : { status: 'ok' };
	} catch (thrown) {
		const error = toWire(thrown);
		respond(nc, message, JSON.stringify({ ok: false, error }), error);
		return { status: 'error', error };
	}
}

function encode(nc: NatsConnection, result: unknown): string {
	const text = JSON.stringify(result);
	const limit = nc.info?.max_payload ?? 1024 ** 2;
	const bytes = Buffer.byteLength(text);
	if (bytes > limit) throw new CoveyError('RECORD_TOO_LARGE', `The answer has ${bytes} bytes; a NATS message takes ${limit}.`);
	return text;
}

function respond(nc: NatsConnection, message: Msg, text: string, error: WireError | null): void {
	// A connection closed meanwhile answers nobody; the asker's deadline covers it.
	if (!message.reply || nc.isClosed() || nc.isDraining()) return;
	message.respond(text, error ? { headers: errorHeaders(error) } : {});
}

function errorHeaders(error: WireError): MsgHdrs {
	const headers = newHeaders();
	headers.set('Nats-Service-Error', `${error.code}: ${error.message}`.replaceAll(/[\r\n]+/g, ' '));
	headers.set('Nats-Service-Error-Code', error.code === 'INTERNAL' ? '500' : ERRORS[error.code].retry ? '503' : '400');
	return headers;
}

function failureOf(result: unknown): WireError | null {
	if (typeof result !== 'object' || result === null || !('ok' in result) || result.ok !== false || !('error' in result))
		return null;
	const { error } = result;
	return typeof error === 'object' && error !== null && 'code' in error && String(error.code) in ERRORS
		? (error as WireError)
		: null;
}
