// A client of the cluster for the command line: questions, commands and live news over one connection.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { CoveyError, fromWire } from '../runtime/engine/errors.ts';
import type { Command, Reply } from '../runtime/engine/ports.ts';
import type { ActorRecord, ActorRef } from '../runtime/engine/record.ts';
import { COMMAND_DEADLINE_MS, sendCommand } from './bus.ts';
import { type ClientIdentity, connectNats, type NatsConnection, parseJson, request } from './connect.ts';
import { isPassing } from './passing.ts';
import { createSubject, logSubject, progressSubject, questionSubject, viewSubject } from './subjects.ts';
import { patience, retryUntil } from './wait.ts';
import { FailureShape, ReplyShape } from './wire.ts';

export type Accepted = Extract<Reply, { ok: true }>;

export interface NatsClient {
	/** The `data` of the answer, not yet parsed. */
	ask(question: string, input: object): Promise<unknown>;
	/** What was answered last is as it was known at that time, ms; null: it is of now. */
	staleSince(): number | null;
	/** Sent again under one `cmdId` until it is answered; a request or command may bring its own. */
	create(kind: string, request: object): Promise<Accepted>;
	command(ref: ActorRef, command: { type: string; [field: string]: unknown }): Promise<Accepted>;
	watchActor(ref: ActorRef, onRecord: (record: ActorRecord) => void): () => void;
	watchProgress(ref: ActorRef, onProgress: (news: unknown) => void): () => void;
	watchLogs(host: string, instance: string, onLine: (line: unknown) => void): () => void;
	close(): Promise<void>;
}

const QUESTION_DEADLINE_MS = 12_000;

/** Rejects with NO_ANSWER when none of the servers answers. `by` names who asks, for the timeline. */
export async function openNatsClient(servers: string[], by: string, identity: ClientIdentity | null = null): Promise<NatsClient> {
	const nc = await connectNats({ servers, name: `covey-cli ${by}`, identity });
	let stale: number | null = null;
	return {
		async ask(question, input) {
			const answer = await retryUntil(
				QUESTION_DEADLINE_MS,
				(remaining, tries) => askOnce(nc, questionSubject(question), input, Math.min(remaining, patience(tries + 1))),
				isPassing,
			);
			stale = answer.stale;
			return answer.data;
		},
		staleSince: () => stale,
		create(kind, request) {
			const body = { by, cmdId: randomUUID(), ...request };
			return retryUntil(
				COMMAND_DEADLINE_MS,
				(remaining, tries) => createOnce(nc, kind, body, Math.min(remaining, patience(tries))),
				isPassing,
			);
		},
		command: (ref, command) => sendCommand(nc, ref, { by, cmdId: randomUUID(), ...command } as Command),
		watchActor: (ref, onRecord) => listen(nc, viewSubject(ref), (value) => onRecord(value as ActorRecord)),
		watchProgress: (ref, onProgress) => listen(nc, progressSubject(ref), onProgress),
		watchLogs: (host, instance, onLine) => listen(nc, logSubject(host, instance), onLine),
		close: () => nc.close(),
	};
}

interface Answer {
	data: unknown;
	stale: number | null;
}

const AnswerShape = z.object({ ok: z.literal(true), data: z.unknown(), stale: z.number().optional() });

async function askOnce(nc: NatsConnection, subject: string, input: object, deadlineMs: number): Promise<Answer> {
	const nobody = { code: 'NO_ANSWER', message: 'No host of the cluster answers.' } as const;
	const reply = parseJson((await request(nc, subject, JSON.stringify(input), { deadlineMs, nobody })).data);
	const failure = FailureShape.safeParse(reply);
	if (failure.success) throw fromWire(failure.data.error);
	const answer = AnswerShape.safeParse(reply);
	if (answer.success) return { data: answer.data.data, stale: answer.data.stale ?? null };
	throw new CoveyError('INTERNAL', `The answer on ${subject} is unreadable.`);
}

async function createOnce(nc: NatsConnection, kind: string, body: object, deadlineMs: number): Promise<Accepted> {
	const nobody = { code: 'NO_ANSWER', message: 'No host of the cluster answers.' } as const;
	const message = await request(nc, createSubject(kind), JSON.stringify(body), {
		deadlineMs,
		nobody,
	});
	const reply = ReplyShape.parse(parseJson(message.data));
	if (!reply.ok) throw fromWire(reply.error);
	return reply;
}

function listen(nc: NatsConnection, subject: string, take: (value: unknown) => void): () => void {
	const subscription = nc.subscribe(subject, {
		callback: (error, message) => {
			const value = error ? null : parseJson(message.data);
			if (value !== null) take(value);
		},
	});
	return () => subscription.unsubscribe();
}
