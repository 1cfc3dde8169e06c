// The second and third look at a host that has fallen silent: a ping, which its main thread answers, and what another host heard of it.
import { z } from 'zod';
import type { OwnBeat } from './beating.ts';
import { type NatsConnection, parseJson, request } from './connect.ts';
import { observeSubject, pingSubject } from './subjects.ts';

const ANSWER_MS = 500;

export function answerPings(nc: NatsConnection, { host, incarnation }: OwnBeat): { stop(): void } {
	const pings = nc.subscribe(pingSubject(host), {
		callback: (error, message) => {
			if (!error) message.respond(JSON.stringify({ host, incarnation }));
		},
	});
	return { stop: () => pings.unsubscribe() };
}

export const ping = (nc: NatsConnection, host: string): Promise<boolean> =>
	request(nc, pingSubject(host), '', { deadlineMs: ANSWER_MS }).then(
		() => true,
		() => false,
	);

const Observed = z.object({ ageMs: z.number().nullable() });

/** How long ago `observer` heard `about`, ms; null when it never did, or does not answer. */
export async function observe(nc: NatsConnection, observer: string, about: string): Promise<number | null> {
	try {
		const message = await request(nc, observeSubject(observer), about, { deadlineMs: ANSWER_MS });
		return Observed.parse(parseJson(message.data)).ageMs;
	} catch {
		return null;
	}
}
