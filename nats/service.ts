// A NATS service (ADR-32): `nats micro ls|info|stats covey` finds every host and its endpoints.
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Cancel } from '../runtime/engine/ports.ts';
import { answer, type Handler } from './answer.ts';

export interface ServiceOptions {
	/** `covey` */
	name: string;
	/** Unique among the running instances: the host's name. */
	id: string;
	/** Semantic version. */
	version: string;
	description: string;
	metadata?: Record<string, string>;
}

export interface Service {
	/** Answers requests on `subject`. With a queue group one instance answers each, with null all do. */
	endpoint(name: string, subject: string, queue: string | null, handler: Handler): Cancel;
	/** One endpoint that is answered on many exact subjects, each as long as it is wanted. */
	family(name: string, subject: string): { add(subject: string, handler: Handler): Cancel };
	stop(): void;
}

export function createService(nc: NatsConnection, options: ServiceOptions): Service {
	const started = new Date().toISOString();
	const endpoints = new Set<Endpoint>();
	const subscriptions = new Set<Subscription>();

	const listen = (subject: string, queue: string | null, endpoint: Endpoint, handler: Handler): Cancel => {
		const subscription = nc.subscribe(subject, {
			...(queue === null ? {} : { queue }),
			callback: (error, message) => {
				if (error) endpoint.fail(error.message);
				else void endpoint.measure(() => answer(nc, message, handler));
			},
		});
		subscriptions.add(subscription);
		return () => {
			subscriptions.delete(subscription);
			subscription.unsubscribe();
		};
	};
	const identity = () => ({ name: options.name, id: options.id, version: options.version, metadata: options.metadata ?? {} });
	const discovery: Record<string, () => object> = {
		PING: () => ({ type: 'io.nats.micro.v1.ping_response', ...identity() }),
		INFO: () => ({
			type: 'io.nats.micro.v1.info_response',
			...identity(),
			description: options.description,
			endpoints: [...endpoints].map((one) => one.info()),
		}),
		STATS: () => ({
			type: 'io.nats.micro.v1.stats_response',
			...identity(),
			started,
			endpoints: [...endpoints].map((one) => one.stats()),
		}),
	};
	for (const [verb, describe] of Object.entries(discovery)) {
		for (const suffix of ['', `.${options.name}`, `.${options.name}.${options.id}`]) {
			listen(`$SRV.${verb}${suffix}`, null, new Endpoint(verb, '', null), async () => describe());
		}
	}
	return {
		endpoint(name, subject, queue, handler) {
			const endpoint = new Endpoint(name, subject, queue);
			endpoints.add(endpoint);
			const cancel = listen(subject, queue, endpoint, handler);
			return () => {
				endpoints.delete(endpoint);
				cancel();
			};
		},
		family(name, subject) {
			const endpoint = new Endpoint(name, subject, null);
			endpoints.add(endpoint);
			return { add: (exact, handler) => listen(exact, null, endpoint, handler) };
		},
		stop() {
			for (const subscription of subscriptions) subscription.unsubscribe();
			subscriptions.clear();
		},
	};
}

class Endpoint {
	readonly #name: string;
	readonly #subject: string;
	readonly #queue: string | null;
	#requests = 0;
	#errors = 0;
	#lastError = '';
	#nanoseconds = 0;

	constructor(name: string, subject: string, queue: string | null) {
		this.#name = name;
		this.#subject = subject;
		this.#queue = queue;
	}

	async measure(work: () => ReturnType<typeof answer>): Promise<void> {
		const begin = performance.now();
		const answered = await work();
		this.#requests++;
		this.#nanoseconds += Math.round((performance.now() - begin) * 1e6);
		if (answered.status === 'error') this.fail(`${answered.error.code}: ${answered.error.message}`);
	}

	fail(text: string): void {
		this.#errors++;
		this.#lastError = text;
	}

	info(): object {
		return { name: this.#name, subject: this.#subject, queue_group: this.#queue ?? '', metadata: {} };
	}

	stats(): object {
		return {
			name: this.#name,
			subject: this.#subject,
			queue_group: this.#queue ?? '',
			num_requests: this.#requests,
			num_errors: this.#errors,
			last_error: this.#lastError,
			processing_time: this.#nanoseconds,
			average_processing_time: this.#requests === 0 ? 0 : Math.round(this.#nanoseconds / this.#requests),
		};
	}
}
