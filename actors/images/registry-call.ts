// One question to a registry: bounded in time and size, and led by redirects only to where nobody listens in.
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isLoopback } from './reference.ts';

export interface RegistryAnswer {
	status: number;
	header(name: string): string | null;
	body: Buffer;
}

const MAX_BYTES = 4 * 2 ** 20;
const MAX_REDIRECTS = 3;

/** Rejects with an Error that has Node's code, or words of its own. */
export async function callRegistry(
	method: 'GET' | 'HEAD',
	url: URL,
	headers: Record<string, string>,
	signal: AbortSignal,
	redirects = 0,
): Promise<RegistryAnswer> {
	const answer = await call(method, url, headers, signal);
	const to = answer.status >= 300 && answer.status < 400 ? answer.header('location') : null;
	if (to === null) return answer;
	const next = new URL(to, url);
	if (redirects === MAX_REDIRECTS) throw new Error('it redirects in circles');
	if (!mayFollow(url, next)) throw new Error(`it redirects to ${next.protocol}//${next.host}`);
	const { authorization: _secret, ...others } = headers;
	return callRegistry(method, next, next.host === url.host ? headers : others, signal, redirects + 1);
}

/** To HTTPS; plain HTTP stays on this machine. */
export const mayFollow = (from: URL, to: URL): boolean =>
	to.protocol === 'https:' || (to.protocol === 'http:' && isLoopback(from.host) && isLoopback(to.host));

function call(method: string, url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<RegistryAnswer> {
	const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
	return new Promise((resolve, reject) => {
		const asking = send(url, { method, headers: { 'user-agent': 'covey', ...headers }, signal, agent: false });
		asking.once('error', reject);
		asking.once('response', (response) => {
			const chunks: Buffer[] = [];
			let size = 0;
			response.on('data', (chunk: Buffer) => {
				size += chunk.length;
				if (size > MAX_BYTES) asking.destroy(new Error('its answer is too long'));
				else chunks.push(chunk);
			});
			response.once('error', reject);
			response.once('end', () =>
				resolve({
					status: response.statusCode ?? 0,
					header: (name) => [response.headers[name] ?? null].flat()[0] ?? null,
					body: Buffer.concat(chunks),
				}),
			);
		});
		asking.end();
	});
}
