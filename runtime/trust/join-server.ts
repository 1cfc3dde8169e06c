// The two HTTPS routes by which machines come in.
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { CoveyError } from '../engine/errors.ts';
import { type CaAnswer, type JoinAnswer, JoinRequest } from './join.ts';

export interface JoinRoutes {
	/** Certificate of the cluster's authority, PEM. */
	ca: string;
	admit(request: JoinRequest): Promise<JoinAnswer>;
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
		scope.post('/api/v1/join', async (request) => {
			const parsed = JoinRequest.safeParse(request.body);
			if (!parsed.success) {
				const issue = parsed.error.issues[0];
				throw new CoveyError('BAD_REQUEST', `The request to join is malformed: ${issue?.path.join('.')} ${issue?.message}.`);
			}
			if (misses.tooMany(request.ip)) throw new CoveyError('TOO_MANY_TRIES', 'Too many wrong tokens in the last minute.');
			try {
				return { success: true, data: await routes.admit(parsed.data), error: null, pagination: null };
			} catch (thrown) {
				if (thrown instanceof CoveyError && thrown.code === 'TOKEN_WRONG') misses.count(request.ip);
				throw thrown;
			}
		});
	});
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
