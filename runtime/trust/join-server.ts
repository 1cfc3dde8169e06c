// The HTTPS routes by which machines come in, and by which one that was away hears whether it is still in.
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { CoveyError } from '../engine/errors.ts';
import { type CaAnswer, type JoinAnswer, JoinRequest } from './join.ts';
import { type StandingAnswer, StandingRequest } from './standing.ts';

export interface JoinRoutes {
	/** Certificate of the cluster's authority, PEM. */
	ca: string;
	admit(request: JoinRequest): Promise<JoinAnswer>;
	standing(request: StandingRequest): Promise<StandingAnswer>;
	/** Monotonic, ms. */
	now(): number;
}

const MINUTE_MS = 60_000;
/** Wrong secrets in a minute, from one address and from all: 2^256 secrets are safe from guessing, the hosts' time is not. */
const MISSES_EACH = 5;
const MISSES_IN_ALL = 50;
const REQUESTS_EACH = 60;

export async function registerJoin(server: FastifyInstance, routes: JoinRoutes): Promise<void> {
	const misses = missCounter(routes.now);
	await server.register(async (scope) => {
		await scope.register(rateLimit, {
			max: REQUESTS_EACH,
			timeWindow: MINUTE_MS,
			errorResponseBuilder: () => new CoveyError('TOO_MANY_TRIES', `More than ${REQUESTS_EACH} requests in a minute.`),
		});
		scope.get('/api/v1/join/ca', async () => ({
			success: true,
			data: { ca: routes.ca } satisfies CaAnswerShape,
			error: null,
			pagination: null,
		}));
		scope.post('/api/v1/join/standing', async (request) => {
			const data = await routes.standing(wellFormed(StandingRequest, request.body));
			return { success: true, data, error: null, pagination: null };
		});
		scope.post('/api/v1/join', async (request) => {
			const joining = wellFormed(JoinRequest, request.body);
			if (misses.tooMany(request.ip)) throw new CoveyError('TOO_MANY_TRIES', 'Too many wrong tokens in the last minute.');
			try {
				return { success: true, data: await routes.admit(joining), error: null, pagination: null };
			} catch (thrown) {
				if (thrown instanceof CoveyError && thrown.code === 'TOKEN_WRONG') misses.count(request.ip);
				throw thrown;
			}
		});
	});
}

function wellFormed<Shape extends z.ZodType>(shape: Shape, body: unknown): z.output<Shape> {
	const parsed = shape.safeParse(body);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	throw new CoveyError('BAD_REQUEST', `The request is malformed: ${issue?.path.join('.')} ${issue?.message}.`);
}

type CaAnswerShape = ReturnType<typeof CaAnswer.parse>;

function missCounter(now: () => number) {
	let recent: { address: string; at: number }[] = [];
	return {
		tooMany(address: string): boolean {
			recent = recent.filter(({ at }) => now() - at < MINUTE_MS);
			return recent.length >= MISSES_IN_ALL || recent.filter((miss) => miss.address === address).length >= MISSES_EACH;
		},
		count(address: string): void {
			recent.push({ address, at: now() });
		},
	};
}
