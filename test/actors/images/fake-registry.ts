// A registry of images in this process, as far as a pin needs one: tags, digests, and a token that everybody gets.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRegistry extends AsyncDisposable {
	/** `127.0.0.1:40123`. */
	address: string;
	/** By `repository:tag`: the manifest. */
	manifests: Map<string, string>;
	/** Method and path of each question. */
	asked: string[];
	/** How it behaves; changed by tests. */
	manner: { login: 'none' | 'token' | 'basic'; realm: string | null; tells: boolean; redirect: string | null; hangs: boolean };
}

export const digestOfText = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

const TOKEN = 'for-everybody';

export async function fakeRegistry(): Promise<FakeRegistry> {
	const server = createServer((request, response) => answer(registry, request, response));
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const registry: FakeRegistry = {
		address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
		manifests: new Map(),
		asked: [],
		manner: { login: 'none', realm: null, tells: true, redirect: null, hangs: false },
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
	return registry;
}

function answer({ address, asked, manifests, manner }: FakeRegistry, request: IncomingMessage, response: ServerResponse): void {
	const url = new URL(request.url ?? '', `http://${address}`);
	asked.push(`${request.method} ${url.pathname}${url.search}`);
	if (manner.hangs) return;
	if (url.pathname === '/token') return void response.end(JSON.stringify({ token: TOKEN }));
	if (manner.redirect !== null) return void response.writeHead(307, { location: manner.redirect }).end();
	if (manner.login === 'basic') return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
	if (manner.login === 'token' && request.headers.authorization !== `Bearer ${TOKEN}`) {
		const realm = manner.realm ?? `http://${address}/token`;
		const challenge = `Bearer realm="${realm}",service="fake",scope="repository:covey/notes:pull"`;
		return void response.writeHead(401, { 'www-authenticate': challenge }).end();
	}
	const [, repository, tag] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url.pathname) ?? [];
	const manifest = manifests.get(`${repository}:${tag}`);
	if (manifest === undefined) return void response.writeHead(404).end();
	response.writeHead(200, manner.tells ? { 'docker-content-digest': digestOfText(manifest) } : {});
	response.end(request.method === 'HEAD' ? undefined : manifest);
}
