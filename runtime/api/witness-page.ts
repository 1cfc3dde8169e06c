// The HTTP server of a witness: its health, and whether somebody still is a member. Nobody asks for most of its life, so the
// servers behind the ports are made when the first one does, and their libraries are loaded then.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createGate, type Socket } from 'node:net';
import { CoveyError, ERRORS, toWire } from '../engine/errors.ts';
import { type StandingAnswer, StandingRequest } from '../trust/standing.ts';

export interface WitnessPageParts {
	bind: string;
	port: number;
	host: string;
	version: string;
	/** PEM texts, as of now; null: plain, for a host that listens on loopback. */
	tls(): { cert: string; key: string } | null;
	/** Null when all is well, else what is not. */
	fault(): string | null;
	standing(about: StandingRequest): Promise<StandingAnswer>;
}

export interface WitnessPage {
	/** From the next connection on it has the certificate of `tls()`. */
	renew(): void;
	stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const LONGEST_BODY = 4_096;
const CONNECTION_LIMIT_MS = 15_000;
const MOST_CONNECTIONS = 32;

interface Gate {
	stop(): Promise<void>;
}

/** Rejects with ADDRESS_IN_USE. */
export async function startWitnessPage(parts: WitnessPageParts): Promise<WitnessPage> {
	const answer: RequestListener = (request, response) => void respond(parts, request, response);
	const plain = latecomer(() => createServer(answer));
	const secure = latecomer(() => createTlsServer({ ...parts.tls(), minVersion: 'TLSv1.3' }, answer));
	const isSecure = parts.tls() !== null;
	const gates = [await openGate(parts.bind, parts.port, isSecure ? secure.take : plain.take)];
	// The machine's own users need no certificate of our authority.
	if (isSecure && !parts.bind.startsWith('127.')) gates.push(await openGate(LOOPBACK, parts.port, plain.take));
	return {
		renew: secure.drop,
		async stop() {
			await Promise.all(gates.map((gate) => gate.stop()));
		},
	};
}

/** A server that is made when it is first needed. */
function latecomer(make: () => ReturnType<typeof createServer>) {
	let server: ReturnType<typeof createServer> | null = null;
	return {
		take(socket: Socket): void {
			server ??= make();
			server.emit('connection', socket);
		},
		/** Another one is made when it is needed. */
		drop(): void {
			server = null;
		},
	};
}

function openGate(bind: string, port: number, take: (socket: Socket) => void): Promise<Gate> {
	const sockets = new Set<Socket>();
	const gate = createGate((socket) => {
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
		// Every connection ends by then: nobody has more than one short question.
		socket.setTimeout(CONNECTION_LIMIT_MS, () => socket.destroy());
		take(socket);
	});
	gate.maxConnections = MOST_CONNECTIONS;
	return new Promise((resolve, reject) => {
		gate.once('error', (error: NodeJS.ErrnoException) =>
			reject(
				error.code === 'EADDRINUSE'
					? new CoveyError('ADDRESS_IN_USE', `Something else listens on ${bind}:${port}.`, { cause: error })
					: error,
			),
		);
		gate.listen({ host: bind, port }, () =>
			resolve({
				stop: () =>
					new Promise((ended) => {
						gate.close(() => ended());
						for (const socket of sockets) socket.destroy();
					}),
			}),
		);
	});
}

async function respond(parts: WitnessPageParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
	const say = (status: number, body: object) =>
		response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
	try {
		const asked = `${request.method} ${request.url}`;
		if (asked === 'GET /health') {
			const fault = parts.fault();
			return void say(fault ? 503 : 200, {
				status: fault ? 'degraded' : 'ok',
				fault,
				host: parts.host,
				version: parts.version,
			});
		}
		if (asked !== 'POST /api/v1/join/standing') throw new CoveyError('BAD_REQUEST', `A witness has no ${request.url}.`);
		const about = StandingRequest.safeParse(await bodyOf(request));
		if (!about.success) throw new CoveyError('BAD_REQUEST', 'The request is malformed.');
		say(200, { success: true, data: await parts.standing(about.data), error: null, pagination: null });
	} catch (thrown) {
		const { code, message, next, details } = toWire(thrown);
		const status = code === 'BAD_REQUEST' ? 404 : ERRORS[code].retry ? 503 : 500;
		say(status, { success: false, data: null, error: { code, message, details: { next, ...details } }, pagination: null });
	}
}

/** Null when it is no JSON, or too long. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
	let text = '';
	for await (const chunk of request) {
		text += String(chunk);
		if (text.length > LONGEST_BODY) return null;
	}
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
