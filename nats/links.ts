// Everything a host says and hears over NATS, in one object.

import { CoveyError, fromWire } from '../runtime/engine/errors.ts';
import type { Command, Heartbeats, JobAnswer, JobCompletion, JobOrder } from '../runtime/engine/ports.ts';
import type { ActorRef } from '../runtime/engine/record.ts';
import { answer } from './answer.ts';
import { natsBus, sendCommand } from './bus.ts';
import { type NatsConnection, parseJson, request } from './connect.ts';
import { natsDocuments } from './documents.ts';
import { natsJobs, pushCompletion, serveJobs } from './jobs.ts';
import type { Unreadable } from './record-codec.ts';
import { createService, type Service } from './service.ts';
import { natsStore } from './store.ts';
import { askSubject, createSubject, eventSubject, logSubject, progressSubject, questionSubject } from './subjects.ts';
import { timeline } from './timeline.ts';

export type Subject =
	| { type: 'progress'; actor: ActorRef }
	| { type: 'event'; event: string }
	| { type: 'log'; host: string; unit: string };

export interface LinkOptions {
	host: string;
	incarnation: number;
	version: string;
	heartbeats: Heartbeats;
	onUnreadable(unreadable: Unreadable): void;
}

export type NatsLinks = ReturnType<typeof natsLinks>;

const QUEUE = 'covey';
const ASK_DEADLINE_MS = 5_000;

export function natsLinks(nc: NatsConnection, options: LinkOptions) {
	const { host, incarnation, version, heartbeats } = options;
	const service = createService(nc, {
		name: 'covey',
		id: `${host}-${incarnation}`,
		version,
		description: 'A cluster of home servers',
		metadata: { host },
	});
	return {
		store: natsStore(nc, { onUnreadable: options.onUnreadable }),
		documents: natsDocuments(nc),
		bus: natsBus(service),
		jobs: natsJobs(nc, host),
		command: (ref: ActorRef, command: Command) => sendCommand(nc, ref, command),
		heartbeats,
		serveJobs: (target: {
			order(order: JobOrder): Promise<JobAnswer>;
			retire(actor: ActorRef, epoch: number, live: string[], seq: number): Promise<void>;
		}) => serveJobs(nc, host, target),
		pushCompletion: (owner: string, completion: JobCompletion) => pushCompletion(nc, owner, completion),
		publish: (subject: Subject, payload: object) => publish(nc, subject, payload),
		question: (name: string, handle: (payload: unknown) => Promise<unknown>) =>
			endpoint(service, `q-${name.replaceAll('.', '-')}`, questionSubject(name), handle),
		creation: (kind: string, handle: (payload: unknown) => Promise<unknown>) =>
			endpoint(service, `create-${kind}`, createSubject(kind), handle),
		askHost: (target: string, payload: object) => askHost(nc, target, payload),
		serveAsk: (handle: (payload: unknown) => Promise<unknown>) => serveAsk(nc, host, handle),
		hear: (event: string, listener: () => void) => hear(nc, event, listener),
		timeline: (ref: ActorRef, limit: number) => timeline(nc, ref, limit),
		async close() {
			service.stop();
			await heartbeats.stop();
			await nc.close();
		},
	};
}

function endpoint(service: Service, name: string, subject: string, handle: (payload: unknown) => Promise<unknown>): void {
	service.endpoint(name, subject, QUEUE, (payload) => handle(jsonOf(payload)));
}

/** An empty payload is "no wishes"; anything else must be JSON. */
function jsonOf(payload: Uint8Array): unknown {
	if (payload.length === 0) return {};
	const value = parseJson(payload);
	if (value === null) throw new CoveyError('BAD_REQUEST', 'The payload is not JSON.');
	return value;
}

function publish(nc: NatsConnection, subject: Subject, payload: object): void {
	if (nc.isClosed() || nc.isDraining()) return;
	nc.publish(textOf(subject), JSON.stringify(payload));
}

function hear(nc: NatsConnection, event: string, listener: () => void): () => void {
	const subscription = nc.subscribe(eventSubject(event), {
		callback: (error) => {
			if (!error) listener();
		},
	});
	return () => subscription.unsubscribe();
}

function textOf(subject: Subject): string {
	switch (subject.type) {
		case 'progress':
			return progressSubject(subject.actor);
		case 'event':
			return eventSubject(subject.event);
		case 'log':
			return logSubject(subject.host, subject.unit);
	}
}

function serveAsk(nc: NatsConnection, host: string, handle: (payload: unknown) => Promise<unknown>): void {
	nc.subscribe(askSubject(host), {
		callback: (error, message) => {
			if (!error) void answer(nc, message, async (payload) => ({ ok: true, data: await handle(jsonOf(payload)) }));
		},
	});
}

async function askHost(nc: NatsConnection, target: string, payload: object): Promise<unknown> {
	const nobody = { code: 'HOST_UNREACHABLE', message: `Host ${target} does not answer.` } as const;
	const reply = parseJson(
		(await request(nc, askSubject(target), JSON.stringify(payload), { deadlineMs: ASK_DEADLINE_MS, nobody })).data,
	) as { ok: true; data: unknown } | { ok: false; error: Parameters<typeof fromWire>[0] } | null;
	if (reply?.ok === true) return reply.data;
	throw reply ? fromWire(reply.error) : new CoveyError('HOST_UNREACHABLE', `Host ${target} answered something unreadable.`);
}
