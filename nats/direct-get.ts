// Batched direct gets: many messages by one request, from whichever replica answers. Fast and possibly stale: hints only.
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { z } from 'zod';
import { CoveyError } from '../runtime/engine/errors.ts';
import { newInbox } from './inbox.ts';
import { API, jsRequest, type StreamMessage } from './js-api.ts';

/** The server refuses a batch that matches more subjects than 1024. */
const CHUNK = 500;

/** The last message of every subject that matches, in stream order. Rejects with STORE_UNAVAILABLE. */
export async function lastMessages(
	nc: NatsConnection,
	stream: string,
	filter: string,
	deadlineMs: number,
): Promise<StreamMessage[]> {
	const deadline = performance.now() + deadlineMs;
	const all = await batch(nc, stream, { multi_last: [filter] }, deadlineMs);
	if (all !== 'too many') return all;
	const subjects = await subjectsOf(nc, stream, filter, deadline);
	const found: StreamMessage[] = [];
	for (let i = 0; i < subjects.length; i += CHUNK) {
		const part = await batch(nc, stream, { multi_last: subjects.slice(i, i + CHUNK) }, deadline - performance.now());
		if (part === 'too many')
			throw new CoveyError('STORE_UNAVAILABLE', `The store refused to read ${CHUNK} keys of ${stream} at once.`);
		found.push(...part);
	}
	return found;
}

/** Up to `count` messages of one subject, oldest first. Rejects with STORE_UNAVAILABLE. */
export async function history(
	nc: NatsConnection,
	stream: string,
	subject: string,
	count: number,
	deadlineMs: number,
): Promise<StreamMessage[]> {
	const found = await batch(nc, stream, { seq: 1, next_by_subj: subject, batch: count }, deadlineMs);
	return found === 'too many' ? [] : found;
}

function batch(nc: NatsConnection, stream: string, query: object, deadlineMs: number): Promise<StreamMessage[] | 'too many'> {
	const inbox = newInbox(nc);
	const found: StreamMessage[] = [];
	let subscription: Subscription | undefined;
	return new Promise((resolve, reject) => {
		const finish = (outcome: StreamMessage[] | 'too many' | CoveyError) => {
			clearTimeout(timer);
			subscription?.unsubscribe();
			if (outcome instanceof CoveyError) reject(outcome);
			else resolve(outcome);
		};
		const fail = (why: string) => finish(new CoveyError('STORE_UNAVAILABLE', `Cannot read ${stream}: ${why}`));
		const timer = setTimeout(() => fail(`not complete in ${Math.round(deadlineMs)} ms`), Math.max(1, deadlineMs));
		try {
			subscription = nc.subscribe(inbox, {
				callback: (error, message) => {
					if (error) return fail(error.message);
					switch (message.headers?.code ?? 0) {
						case 0:
							if (message.headers?.has('Nats-Sequence')) found.push(fromDirect(message));
							return;
						case 204:
						case 404:
							return finish(found);
						case 413:
							return finish('too many');
						default:
							return fail(`${message.headers?.code} ${message.headers?.description}`);
					}
				},
			});
			nc.publish(`${API}.DIRECT.GET.${stream}`, JSON.stringify(query), { reply: inbox });
		} catch (error) {
			fail((error as Error).message);
		}
	});
}

const InfoPage = z.looseObject({
	state: z.looseObject({ subjects: z.record(z.string(), z.number()).optional() }),
	total: z.number().optional(),
	limit: z.number().optional(),
});

async function subjectsOf(nc: NatsConnection, stream: string, filter: string, deadline: number): Promise<string[]> {
	const subjects: string[] = [];
	for (let total = 1; subjects.length < total; ) {
		const page = await jsRequest(
			nc,
			`STREAM.INFO.${stream}`,
			{ subjects_filter: filter, offset: subjects.length },
			InfoPage,
			deadline - performance.now(),
		);
		const names = Object.keys(page.state.subjects ?? {});
		if (names.length === 0) break;
		subjects.push(...names);
		total = page.total ?? subjects.length;
	}
	return subjects;
}

function fromDirect(message: Msg): StreamMessage {
	const headers = new Map<string, string>();
	for (const [name, values] of message.headers ?? []) headers.set(name, values[0] ?? '');
	return {
		subject: headers.get('Nats-Subject') ?? '',
		seq: Number(headers.get('Nats-Sequence')),
		at: Date.parse(headers.get('Nats-Time-Stamp') ?? ''),
		headers,
		data: message.data,
	};
}
