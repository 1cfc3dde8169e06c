// One page of the server's monitoring. Not by `fetch`: that brings an HTTP client in WebAssembly, its compilers and a pool, 8 MB in all.
import { get } from 'node:http';

const LIMIT_MS = 2_000;

/** The page's JSON, whatever its status. Rejects when there is no answer in two seconds, or none in JSON. */
export function monitorPage(monitorPort: number, path: string): Promise<unknown> {
	return new Promise((resolve, reject) => {
		const asking = get({ host: '127.0.0.1', port: monitorPort, path, agent: false, signal: AbortSignal.timeout(LIMIT_MS) });
		asking.once('error', reject);
		asking.once('response', (response) => {
			let text = '';
			response.setEncoding('utf8');
			response.once('error', reject);
			response.on('data', (chunk: string) => {
				text += chunk;
			});
			response.once('end', () => {
				try {
					resolve(JSON.parse(text));
				} catch (error) {
					reject(error);
				}
			});
		});
	});
}
