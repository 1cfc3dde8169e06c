// The joiner's side: whom to believe is in the token, what comes back is verified, and only then is anything written.
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { z } from 'zod';
import { CoveyError, ERRORS, type ErrorCode } from '../engine/errors.ts';
import { fingerprintOf, fits, pinOf, SERVER_NAME } from './ca.ts';
import { nkeyOf } from './identity.ts';
import { CaAnswer, JoinAnswer, type JoinRequest } from './join.ts';
import type { Invitation } from './tokens.ts';

export interface JoinerKeys {
	/** PKCS 8, PEM. */
	key: string;
	/** PKCS 10, PEM. */
	request: string;
	seed: string;
}

export interface Admission {
	/** PEM. */
	ca: string;
	answer: JoinAnswer;
	/** Which address let us in. */
	address: string;
}

type About = Omit<JoinRequest, 'id' | 'secret' | 'request' | 'nkey' | 'now'>;

const ANSWER_LIMIT_MS = 15_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Tries the addresses one after another. Rejects with the cluster's refusal, FOREIGN_CLUSTER, or HOST_UNREACHABLE when none answers. */
export async function askToJoin(invitation: Invitation, keys: JoinerKeys, about: About, now: () => number): Promise<Admission> {
	const failures: string[] = [];
	for (const address of invitation.addresses) {
		try {
			return await askOne(address, invitation, keys, about, now());
		} catch (thrown) {
			const error = thrown as CoveyError;
			// A member that answers speaks for all of them; only who is silent, or has no majority, may be passed over.
			if (!(error instanceof CoveyError) || !PASSED_OVER.has(error.code)) throw error;
			failures.push(`${address}: ${error.message}`);
		}
	}
	throw new CoveyError('HOST_UNREACHABLE', `No member of the cluster could be asked: ${failures.join('; ')}`);
}

const PASSED_OVER: ReadonlySet<ErrorCode> = new Set([
	'HOST_UNREACHABLE',
	'STORE_UNAVAILABLE',
	'NO_QUORUM',
	'FOREIGN_CLUSTER',
	'TIMEOUT',
	'INTERNAL',
]);

async function askOne(address: string, invitation: Invitation, keys: JoinerKeys, about: About, now: number): Promise<Admission> {
	const { ca } = CaAnswer.parse(await call(address, 'GET', '/api/v1/join/ca', null, { rejectUnauthorized: false }));
	if (fingerprintOf(ca) !== invitation.fingerprint)
		throw new CoveyError('FOREIGN_CLUSTER', `${address} shows another authority than the token names.`);
	const { id, secret } = invitation;
	const body: JoinRequest = { ...about, id, secret, request: keys.request, nkey: nkeyOf(keys.seed), now };
	const answered = await call(address, 'POST', '/api/v1/join', body, { ca, servername: SERVER_NAME });
	const parsed = JoinAnswer.safeParse(answered);
	if (!parsed.success)
		throw new CoveyError('VERSION_MISMATCH', `${address} answered in a way this version of Covey does not understand.`);
	const answer = parsed.data;
	const self = answer.roll.members.find(({ host }) => host === about.host);
	if (!fits(answer.certificate, ca, keys.key) || self?.pin !== pinOf(answer.certificate))
		throw new CoveyError('FOREIGN_CLUSTER', `${address} answered with a certificate that is not for this host's key.`);
	return { ca, answer, address };
}

const Envelope = z.union([
	z.object({ success: z.literal(true), data: z.unknown() }),
	z.object({
		success: z.literal(false),
		error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()).nullish() }),
	}),
]);

async function call(address: string, method: string, path: string, body: object | null, tls: RequestOptions): Promise<unknown> {
	const text = await send(address, method, path, body === null ? '' : JSON.stringify(body), tls);
	const parsed = Envelope.safeParse(jsonOf(text));
	if (!parsed.success) throw new CoveyError('FOREIGN_CLUSTER', `What answers at ${address} is not Covey.`);
	if (parsed.data.success) return parsed.data.data;
	const { code, message, details } = parsed.data.error;
	throw new CoveyError(code in ERRORS ? (code as ErrorCode) : 'INTERNAL', message, details ? { details } : {});
}

function send(address: string, method: string, path: string, body: string, tls: RequestOptions): Promise<string> {
	const [hostname = '', port = ''] = address.split(':');
	return new Promise((resolve, reject) => {
		const asking = httpsRequest({
			...tls,
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

function explained(address: string, error: NodeJS.ErrnoException): CoveyError {
	const cause = { cause: error };
	if (error.name === 'AbortError' || error.name === 'TimeoutError')
		return new CoveyError('HOST_UNREACHABLE', `${address} did not answer in ${ANSWER_LIMIT_MS / 1000} s.`, cause);
	if (/CERT|SELF_SIGNED|UNABLE_TO/.test(error.code ?? ''))
		return new CoveyError(
			'FOREIGN_CLUSTER',
			`The certificate of ${address} is not of the cluster that made the token (${error.code}).`,
			cause,
		);
	return new CoveyError('HOST_UNREACHABLE', `${address} cannot be reached: ${error.message}.`, cause);
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
