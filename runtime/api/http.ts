// The host's HTTP server: health for supervisors, and the questions of contract.ts to read. Changes go over NATS until
// people can log in. Beyond loopback it speaks TLS only and tells no more than its health; this machine's own users may ask.
import { Server as TlsServer } from 'node:https';
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance } from 'fastify';
import { CoveyError, ERRORS, toWire, type WireError } from '../engine/errors.ts';
import { isAdministration, isChange, QUESTIONS, type Question } from './contract.ts';
import { inputOfQuery } from './query.ts';
import { type Answers, answerQuestion } from './questions.ts';

export interface HttpParts {
	bind: string;
	port: number;
	answers: Answers;
	/** Null when all is well, else what is not. */
	fault(): string | null;
	version: string;
	host: string;
	/** Null: plain, for a host that listens on loopback. */
	tls: HttpTls | null;
	/** Since when what this host knows may be old, ms; null while it is of now. */
	lostSince?(): number | null;
	/** Further routes, for instance those that let others join. */
	extend?(server: FastifyInstance): Promise<void> | void;
}

/** PEM texts. */
export interface HttpTls {
	cert: string;
	key: string;
}

export interface HttpServer {
	/** `https://192.0.2.7:7780`. */
	url: string;
	/** Takes a renewed certificate; open connections go on. */
	renew(tls: HttpTls): void;
	stop(): Promise<void>;
}

export interface Envelope {
	success: boolean;
	data: unknown;
	error: { code: string; message: string; details: unknown } | null;
	pagination: null;
	/** ms since 1970: what is told was known then; absent while it is of now. */
	stale?: number;
}

/** Rejects with ADDRESS_IN_USE. */
export async function startHttp(parts: HttpParts): Promise<HttpServer> {
	const main = await listening(parts, parts.bind, parts.tls);
	// The machine's own users need no certificate of our authority.
	const local = parts.tls && !isLoopback(parts.bind) ? await listening(parts, LOOPBACK, null) : null;
	return {
		url: `${parts.tls ? 'https' : 'http'}://${parts.bind}:${parts.port}`,
		renew({ cert, key }) {
			if (main.server instanceof TlsServer) main.server.setSecureContext({ ...TLS, cert, key });
		},
		async stop() {
			await Promise.all([main.close(), local?.close()]);
		},
	};
}

const LOOPBACK = '127.0.0.1';
const TLS = { minVersion: 'TLSv1.3' } as const;

const isLoopback = (address: string): boolean => address.startsWith('127.');

async function listening(parts: HttpParts, bind: string, tls: HttpTls | null): Promise<FastifyInstance> {
	const server = fastify({
		logger: false,
		bodyLimit: 64 * 1024,
		requestTimeout: 15_000,
		...(tls ? { https: { ...TLS, cert: tls.cert, key: tls.key } } : {}),
	}) as unknown as FastifyInstance;
	await server.register(helmet);
	server.get('/health', async (_request, reply) => {
		const fault = parts.fault();
		return reply
			.code(fault ? 503 : 200)
			.send({ status: fault ? 'degraded' : 'ok', fault, host: parts.host, version: parts.version });
	});
	const questions = isLoopback(bind)
		? (Object.keys(QUESTIONS) as Question[]).filter((question) => !isAdministration(question) && !isChange(question))
		: [];
	const paths = ['/health', ...questions.map((question) => `/api/v1/${question}`)];
	server.get('/', async () => success({ host: parts.host, version: parts.version, paths }));
	for (const question of questions) route(server, question, parts);
	server.setNotFoundHandler(async (request, reply) =>
		reply.code(404).send(failure(toWire(new CoveyError('BAD_REQUEST', `There is no ${request.url}.`)))),
	);
	server.setErrorHandler(async (thrown, _request, reply) => {
		const error = toWire(thrown);
		return reply.code(statusOf(error)).send(failure(error));
	});
	await parts.extend?.(server);
	try {
		await server.listen({ host: bind, port: parts.port });
	} catch (thrown) {
		await server.close();
		if ((thrown as { code?: string }).code !== 'EADDRINUSE') throw thrown;
		throw new CoveyError('ADDRESS_IN_USE', `Something else listens on ${bind}:${parts.port}.`, { cause: thrown });
	}
	return server;
}

function route(server: FastifyInstance, question: Question, { answers, lostSince = () => null }: HttpParts): void {
	server.get(`/api/v1/${question}`, async (request) => {
		const query = inputOfQuery(request.query as Record<string, string | string[]>);
		const { data, stale } = await answerQuestion(answers, question, query, lostSince());
		return stale === undefined ? success(data) : { ...success(data), stale };
	});
}

const success = (data: unknown): Envelope => ({ success: true, data, error: null, pagination: null });

const failure = ({ code, message, next, details }: WireError): Envelope => ({
	success: false,
	data: null,
	error: { code, message, details: { next, ...details } },
	pagination: null,
});

function statusOf({ code }: WireError): number {
	if (code.startsWith('UNKNOWN_')) return 404;
	if (code === 'INTERNAL') return 500;
	return ERRORS[code].retry ? 503 : 400;
}
