// Is a port free on this machine, and which one is?
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

export interface PortQuestion {
	port: number;
	bind: string;
	protocol: 'tcp' | 'udp';
}

/** True when this process could listen there now. */
export function portIsFree(question: PortQuestion): Promise<boolean> {
	return question.protocol === 'tcp' ? tcpIsFree(question) : udpIsFree(question);
}

/**
 * The preferred port if it is free, else the first free one of the range (both ends included) that is not in `taken`.
 * Null when there is none.
 */
export async function freePort(
	preferred: number,
	range: { from: number; to: number },
	options: { bind?: string; protocol?: 'tcp' | 'udp'; taken?: ReadonlySet<number> } = {},
): Promise<number | null> {
	const { bind = '127.0.0.1', protocol = 'tcp', taken = new Set() } = options;
	const isUsable = async (port: number) => !taken.has(port) && (await portIsFree({ port, bind, protocol }));
	if (await isUsable(preferred)) return preferred;
	for (let port = range.from; port <= range.to; port++) if (port !== preferred && (await isUsable(port))) return port;
	return null;
}

function tcpIsFree({ port, bind }: PortQuestion): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen({ port, host: bind, exclusive: true }, () => server.close(() => resolve(true)));
	});
}

function udpIsFree({ port, bind }: PortQuestion): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = createSocket(bind.includes(':') ? 'udp6' : 'udp4');
		socket.once('error', () => {
			socket.close();
			resolve(false);
		});
		socket.bind({ port, address: bind, exclusive: true }, () => socket.close(() => resolve(true)));
	});
}
