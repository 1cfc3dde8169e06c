// Commands: served by an actor's owner, sent by anyone with patience.
import { CoveyError, fromWire } from '../runtime/engine/errors.ts';
import type { Bus, Command, Reply } from '../runtime/engine/ports.ts';
import { type ActorRef, refText } from '../runtime/engine/record.ts';
import { ACTORS } from './buckets.ts';
import { type NatsConnection, parseJson, request } from './connect.ts';
import { isTombstone, leaderGet } from './js-api.ts';
import { isPassing } from './passing.ts';
import type { Service } from './service.ts';
import { ALL_COMMANDS, commandSubject, recordSubject } from './subjects.ts';
import { patience, retryUntil } from './wait.ts';
import { ReplyShape } from './wire.ts';

/** Counted as the endpoint `command` of the service. */
export function natsBus(service: Service): Bus {
	const commands = service.family('command', ALL_COMMANDS);
	return { serve: (ref, answer) => commands.add(commandSubject(ref), (payload) => answer(parseJson(payload))) };
}

export type Accepted = Extract<Reply, { ok: true }>;

/** How long a caller should wait at least: a lost stream leader stops writes for up to 9 s. */
export const COMMAND_DEADLINE_MS = 15_000;

/**
 * Asks again with the same `cmdId` while the actor moves, its owner is away or the store elects a leader; it is applied once.
 * Rejects with the actor's own error, UNKNOWN_ACTOR, or after `deadlineMs` with NO_ANSWER, TIMEOUT, ACTOR_MOVED or STORE_UNAVAILABLE.
 */
export async function sendCommand(
	nc: NatsConnection,
	ref: ActorRef,
	command: Command,
	deadlineMs = COMMAND_DEADLINE_MS,
): Promise<Accepted> {
	const nobody = { code: 'NO_ANSWER', message: `No host answers for ${refText(ref)} now.` } as const;
	let looked = false;
	let isUnderWay = false;
	return retryUntil(
		deadlineMs,
		async (remaining, tries) => {
			try {
				const payload = isUnderWay ? { ...command, repeat: true } : command;
				const message = await request(nc, commandSubject(ref), JSON.stringify(payload), {
					deadlineMs: Math.min(remaining, patience(tries)),
					nobody,
				});
				return accepted(ref, parseJson(message.data));
			} catch (error) {
				// Any other error is an answer, or says that nobody was there to take it.
				isUnderWay ||= hasCode(error, 'TIMEOUT');
				if (!looked && hasCode(error, 'NO_ANSWER')) {
					looked = true;
					await assertExists(nc, ref, Math.min(remaining, 1_000));
				}
				throw error;
			}
		},
		isPassing,
	);
}

function accepted(ref: ActorRef, answer: unknown): Accepted {
	const reply = ReplyShape.safeParse(answer);
	if (!reply.success) throw new CoveyError('INTERNAL', `The owner of ${refText(ref)} answered something unreadable.`);
	if (!reply.data.ok) throw fromWire(reply.data.error);
	return reply.data;
}

/** For people, an install is an app. */
const NOUN: Record<string, string> = { install: 'app' };

async function assertExists(nc: NatsConnection, ref: ActorRef, deadlineMs: number): Promise<void> {
	const message = await leaderGet(nc, ACTORS, { last_by_subj: recordSubject(ref) }, deadlineMs).catch(() => 'unknown' as const);
	if (message === 'unknown') return;
	if (message === null || isTombstone(message))
		throw new CoveyError('UNKNOWN_ACTOR', `There is no ${NOUN[ref.kind] ?? ref.kind} called ${ref.id}.`, {
			details: { actor: refText(ref) },
		});
}

const hasCode = (error: unknown, code: string): boolean => error instanceof CoveyError && error.code === code;
