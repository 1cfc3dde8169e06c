// The host's HTTP server: health for supervisors, and the questions of contract.ts to read. Changes go over NATS until
// people can log in, so it listens on this machine only.
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance } from 'fastify';
import { CoveyError, ERRORS, toWire, type WireError } from '../engine/errors.ts';
import { QUESTIONS, type Question } from './contract.ts';
import { type Answers, answerQuestion } from './questions.ts';

export interface HttpParts {
	bind: string;
	port: number;
	answers: Answers;
	/** Null when all is well, else what is not. */
	fault(): string | null;
	version: string;
	host: string;
}

export interface Envelope {
	success: boolean;
	data: unknown;
	error: { code: string; message: string; details: unknown } | null;
	pagination: null;
}

const NUMBERS = new Set(['limit', 'lines', 'sinceMs']);

/** Rejects with ADDRESS_IN_USE. */
export async function startHttp(parts: HttpParts): Promise<{ url: string; stop(): Promise<void> }> {
	const server = fastify({ logger: false, bodyLimit: 64 * 1024, requestTimeout: 15_000 });
	await server.register(helmet);
	server.get('/health', async (_request, reply) => {
		const fault = parts.fault();
		return reply
			.code(fault ? 503 : 200)
			.send({ status: fault ? 'degraded' : 'ok', fault, host: parts.host, version: parts.version });
	});
	const paths = Object.keys(QUESTIONS).map((question) => `/api/v1/${question}`);
	server.get('/', async () => success({ host: parts.host, version: parts.version, paths: ['/health', ...paths] }));
	for (const question of Object.keys(QUESTIONS) as Question[]) route(server, question, parts.answers);
	server.setNotFoundHandler(async (request, reply) =>
		reply.code(404).send(failure(toWire(new CoveyError('BAD_REQUEST', `There is no ${request.url}.`)))),
	);
	server.setErrorHandler(async (thrown, _request, reply) => {
		const error = toWire(thrown);
		return reply.code(statusOf(error)).send(failure(error));
	});
	try {
		await server.listen({ host: parts.bind, port: parts.port });
	} catch (thrown) {
		if ((thrown as { code?: string }).code !== 'EADDRINUSE') throw thrown;
		throw new CoveyError('ADDRESS_IN_USE', `Something else listens on ${parts.bind}:${parts.port}.`, { cause: thrown });
	}
	return { url: `http://${parts.bind}:${parts.port}`, stop: () => server.close() };
}

function route(server: FastifyInstance, question: Question, answers: Answers): void {
	server.get(`/api/v1/${question}`, async (request) => {
		const { data } = await answerQuestion(answers, question, typed(request.query as Record<string, string>));
		return success(data);
	});
}

/** Query strings are text; the schema wants numbers where it says so. */
const typed = (query: Record<string, string>): Record<string, unknown> =>
	Object.fromEntries(Object.entries(query).map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : value]));

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
