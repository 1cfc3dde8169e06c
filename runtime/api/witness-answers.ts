// What a witness answers when another host asks it: its jobs, and what any voter can do about trust. It has no apps to be asked about.
import { z } from 'zod';
import { CoveyError } from '../engine/errors.ts';
import type { VoterRequest } from '../host/host-trust.ts';
import { type JobSources, jobRows } from './job-rows.ts';
import { VOTER_REQUESTS } from './voter-requests.ts';

export interface WitnessAnswersParts extends JobSources {
	answerHost(request: VoterRequest): Promise<unknown>;
}

const Asked = z.discriminatedUnion('type', [
	z.object({ type: z.literal('jobs'), actor: z.string() }),
	z.object({ type: z.literal('trash'), request: z.object({ do: z.literal('list') }) }),
	z.object({ type: z.literal('usage') }),
	...VOTER_REQUESTS,
]);

/** Rejects with NOT_ALLOWED_NOW for everything that is about apps. */
export async function answerOfWitness(parts: WitnessAnswersParts, payload: unknown): Promise<unknown> {
	const { data: request } = Asked.safeParse(payload);
	if (!request) throw new CoveyError('NOT_ALLOWED_NOW', `${parts.host} is a witness: it votes, and runs no apps.`);
	switch (request.type) {
		case 'jobs':
			return jobRows(parts, request.actor);
		case 'trash':
		case 'usage':
			return [];
		default:
			return parts.answerHost(request);
	}
}
