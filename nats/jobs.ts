// Jobs: an owner orders, a worker host answers, and pushes the result when it is done.

import type { z } from 'zod';
import { CoveyError, fromWire } from '../runtime/engine/errors.ts';
import type { JobAnswer, JobCompletion, JobOrder, Jobs } from '../runtime/engine/ports.ts';
import type { ActorRef } from '../runtime/engine/record.ts';
import { answer } from './answer.ts';
import { type NatsConnection, parseJson, request } from './connect.ts';
import { doneSubject, jobSubject, retireSubject } from './subjects.ts';
import { CompletionShape, FailureShape, JobAnswerShape, JobOrderShape, RetireShape } from './wire.ts';

/** ms a host may take to journal an order and answer. */
const ORDER_DEADLINE_MS = 5_000;

/** The owner's side, on `host`. */
export function natsJobs(nc: NatsConnection, host: string): Jobs {
	return {
		async order(order) {
			return ask(nc, order.host, jobSubject(order.host), order, JobAnswerShape);
		},
		async retire(target, actor, epoch, live, seq) {
			await ask(nc, target, retireSubject(target), { actor, epoch, live, seq }, null);
		},
		onCompletion(take) {
			const subscription = nc.subscribe(doneSubject(host), {
				callback: (error, message) => {
					if (!error) void answer(nc, message, async (payload) => ({ taken: await take(parse(CompletionShape, payload)) }));
				},
			});
			return () => subscription.unsubscribe();
		},
	};
}

export interface JobTarget {
	order(order: JobOrder): Promise<JobAnswer>;
	retire(actor: ActorRef, epoch: number, live: string[], seq: number): Promise<void>;
}

/** The worker's side: answers orders for `host` until cancelled. */
export function serveJobs(nc: NatsConnection, host: string, target: JobTarget): () => void {
	const jobs = nc.subscribe(jobSubject(host), {
		callback: (error, message) => {
			if (!error) void answer(nc, message, async (payload) => target.order(parse(JobOrderShape, payload)));
		},
	});
	const retirements = nc.subscribe(retireSubject(host), {
		callback: (error, message) => {
			if (!error) void answer(nc, message, (payload) => retire(target, parse(RetireShape, payload)));
		},
	});
	return () => {
		jobs.unsubscribe();
		retirements.unsubscribe();
	};
}

/** True when the owner has taken it; false when it should be told again later. */
export async function pushCompletion(nc: NatsConnection, ownerHost: string, completion: JobCompletion): Promise<boolean> {
	try {
		const message = await request(nc, doneSubject(ownerHost), JSON.stringify(completion), { deadlineMs: ORDER_DEADLINE_MS });
		const reply = parseJson(message.data);
		return typeof reply === 'object' && reply !== null && 'taken' in reply && reply.taken === true;
	} catch (error) {
		if (error instanceof CoveyError && (error.code === 'NO_ANSWER' || error.code === 'TIMEOUT')) return false;
		throw error;
	}
}

async function retire(target: JobTarget, wanted: z.infer<typeof RetireShape>): Promise<{ ok: true }> {
	await target.retire(wanted.actor, wanted.epoch, wanted.live, wanted.seq);
	return { ok: true };
}

async function ask<T>(nc: NatsConnection, host: string, subject: string, body: object, shape: z.ZodType<T>): Promise<T>;
async function ask(nc: NatsConnection, host: string, subject: string, body: object, shape: null): Promise<undefined>;
async function ask<T>(
	nc: NatsConnection,
	host: string,
	subject: string,
	body: object,
	shape: z.ZodType<T> | null,
): Promise<T | undefined> {
	const nobody = { code: 'HOST_UNREACHABLE', message: `Host ${host} does not answer.` } as const;
	const message = await request(nc, subject, JSON.stringify(body), { deadlineMs: ORDER_DEADLINE_MS, nobody }).catch(
		(error: unknown) => {
			if (!(error instanceof CoveyError) || (error.code !== 'TIMEOUT' && error.code !== 'NO_ANSWER')) throw error;
			throw new CoveyError('HOST_UNREACHABLE', `Host ${host} did not answer in ${ORDER_DEADLINE_MS / 1000} s.`, { cause: error });
		},
	);
	const reply = parseJson(message.data);
	const failure = FailureShape.safeParse(reply);
	if (failure.success) throw fromWire(failure.data.error);
	if (shape === null) return undefined;
	const parsed = shape.safeParse(reply);
	if (!parsed.success)
		throw new CoveyError('HOST_UNREACHABLE', `Host ${host} answered something unreadable: ${parsed.error.issues[0]?.message}`);
	return parsed.data;
}

function parse<T>(shape: z.ZodType<T>, payload: Uint8Array): T {
	const parsed = shape.safeParse(parseJson(payload));
	if (parsed.success) return parsed.data;
	throw new CoveyError(
		'BAD_REQUEST',
		`The payload does not fit: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`,
		{
			details: { issues: parsed.error.issues },
		},
	);
}
