// Ports for tests, from below the range that the system gives to outgoing connections: a build that downloads for twenty seconds would
// otherwise take a port that was found free before it.
import { createServer } from 'node:net';
import { claimPort } from '../../runtime/host/claim-port.ts';

const FROM = 10_000;
const COUNT = 9_000;
let next = Math.floor(Math.random() * COUNT);

/** Ports nobody listens on now, and that no test was given before, of whatever process. */
export async function freePorts(count: number): Promise<[number, ...number[]]> {
	const found: number[] = [];
	while (found.length < count) {
		const port = FROM + (next++ % COUNT);
		if ((await isFree(port)) && (await claimPort(port))) found.push(port);
	}
	return found as [number, ...number[]];
}

const isFree = (port: number): Promise<boolean> =>
	new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
