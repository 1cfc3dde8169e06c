// One question to a member's HTTPS server, before NATS can be spoken.
import type { ClientRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { TLSSocket } from 'node:tls';
import { z } from 'zod';
import { CoveyError, ERRORS, type ErrorCode } from '../engine/errors.ts';
import { jsonOf } from '../engine/json.ts';
import { pinOf, SERVER_NAME } from './ca.ts';

const ANSWER_LIMIT_MS = 15_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** How the other side shows who it is. `pin`: it has that very key, whoever signed its certificate. */
export type Proof = { type: 'authority'; ca: string } | { type: 'key'; pin: string } | { type: 'none' };

const Envelope = z.union([
	z.object({ success: z.literal(true), data: z.unknown() }),
	z.object({
		success: z.literal(false),
		error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()).nullish() }),
	}),
]);

/**
 * The data of the answer's envelope. Rejects with the other side's own error, HOST_UNREACHABLE, or FOREIGN_CLUSTER when somebody else
 * answers.
 */
export async function callHost(
	address: string,
	method: string,
	path: string,
	body: object | null,
	proof: Proof,
): Promise<unknown> {
	const text = await send(address, method, path, body === null ? '' : JSON.stringify(body), proof);
	const parsed = Envelope.safeParse(jsonOf(text));
	if (!parsed.success) throw new CoveyError('FOREIGN_CLUSTER', `What answers at ${address} is not Covey.`);
	if (parsed.data.success) return parsed.data.data;
	const { code, message, details } = parsed.data.error;
	throw new CoveyError(code in ERRORS ? (code as ErrorCode) : 'INTERNAL', message, details ? { details } : {});
}

function send(address: string, method: string, path: string, body: string, proof: Proof): Promise<string> {
	const [hostname = '', port = ''] = address.split(':');
	return new Promise((resolve, reject) => {
		const asking = httpsRequest({
			...(proof.type === 'authority' ? { ca: proof.ca, servername: SERVER_NAME } : { rejectUnauthorized: false }),
			hostname,
			port: Number(port),
			method,
			path,
			agent: false,
			minVersion: 'TLSv1.3',
			headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
			signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
		});
		asking.once('error', (error) => reject(explained(address, error)));
		if (proof.type === 'key') endUnlessKey(asking, proof.pin);
		asking.once('response', (response) => {
			const chunks: Buffer[] = [];
			let size = 0;
			response.on('data', (chunk: Buffer) => {
				size += chunk.length;
				if (size > MAX_ANSWER_BYTES) asking.destroy(new Error('the answer is too long'));
				else chunks.push(chunk);
			});
			response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
			response.once('error', (error) => reject(explained(address, error)));
		});
		asking.end(body);
	});
}

/** The handshake has proven that the other side has the key of the certificate it shows. */
function endUnlessKey(asking: ClientRequest, pin: string): void {
	asking.once('socket', (socket) => {
		socket.once('secureConnect', () => {
			const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
			if (!shown || pinOf(shown.toString()) !== pin)
				asking.destroy(Object.assign(new Error('it has another key'), { code: 'CERT_OF_ANOTHER_KEY' }));
		});
	});
}

function explained(address: string, error: NodeJS.ErrnoException): CoveyError {
	const cause = { cause: error };
	if (error.name === 'AbortError' || error.name === 'TimeoutError')
		return new CoveyError('HOST_UNREACHABLE', `${address} did not answer in ${ANSWER_LIMIT_MS / 1000} s.`, cause);
	if (/CERT|SELF_SIGNED|UNABLE_TO/.test(error.code ?? ''))
		return new CoveyError('FOREIGN_CLUSTER', `The certificate of ${address} is not of this cluster (${error.code}).`, cause);
	return new CoveyError('HOST_UNREACHABLE', `${address} cannot be reached: ${error.message}.`, cause);
}
