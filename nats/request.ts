// Requests with a deadline. All of a connection share one subscription for their answers and one timer; the library makes a timer
// and two errors, traces included, for each request in advance, which costs more than sending it.
import { type Msg, MsgHdrsImpl, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import { CoveyError, type ErrorCode, toCoveyError } from '../runtime/engine/errors.ts';
import { newInbox } from './inbox.ts';

export interface RequestOptions {
	/** ms */
	deadlineMs: number;
	/** Without line breaks. */
	headers?: Readonly<Record<string, string>>;
	/** What it means that nobody listens on the subject. Default NO_ANSWER. */
	nobody?: { code: ErrorCode; message: string };
}

/**
 * Rejects with `nobody.code` when there is no responder, TIMEOUT when none answered in time, NOT_TRUSTED when we may not ask that,
 * NO_ANSWER when the connection ends.
 */
export function request(
	nc: NatsConnection,
	subject: string,
	payload: string | Uint8Array,
	options: RequestOptions,
): Promise<Msg> {
	return new Promise((resolve, reject) => {
		try {
			deskOf(nc).ask({ subject, options, until: performance.now() + options.deadlineMs, resolve, reject }, payload);
		} catch (error) {
			reject(toCoveyError(error, 'NO_ANSWER'));
		}
	});
}

const desks = new WeakMap<NatsConnection, Desk>();

function deskOf(nc: NatsConnection): Desk {
	let desk = desks.get(nc);
	if (!desk) {
		desk = new Desk(nc);
		desks.set(nc, desk);
	}
	return desk;
}

interface Waiting {
	subject: string;
	options: RequestOptions;
	/** On the monotonic clock, ms. */
	until: number;
	resolve(answer: Msg): void;
	reject(error: CoveyError): void;
}

/** Where the answers of one connection arrive. */
class Desk {
	readonly #nc: NatsConnection;
	readonly #inbox: string;
	readonly #waiting = new Map<number, Waiting>();
	#asked = 0;
	#timer: NodeJS.Timeout | undefined;
	#timerAt = Number.POSITIVE_INFINITY;

	/** Throws when the connection is closed. */
	constructor(nc: NatsConnection) {
		this.#nc = nc;
		this.#inbox = `${newInbox(nc)}.`;
		nc.subscribe(`${this.#inbox}*`, {
			callback: (error, message) => {
				if (error === null) return this.#take(message);
				// Refused: the next request tries with a new one.
				desks.delete(nc);
				this.#fail(error);
			},
		});
		void this.#followRefusals(nc);
		void nc.closed().then(() => this.#fail(new CoveyError('NO_ANSWER', 'The connection to NATS is closed.')));
	}

	/** Throws, and waits for nothing, when it cannot be sent. */
	ask(waiting: Waiting, payload: string | Uint8Array): void {
		const { subject, options, until } = waiting;
		const number = ++this.#asked;
		const reply = `${this.#inbox}${number}`;
		this.#nc.publish(subject, payload, options.headers ? { reply, headers: new PlainHeaders(options.headers) } : { reply });
		this.#waiting.set(number, waiting);
		this.#wakeAt(until);
	}

	/** Ends all that wait for an answer, or those chosen. */
	#fail(error: unknown, chosen: (waiting: Waiting) => boolean = () => true): void {
		for (const [number, waiting] of this.#waiting) {
			if (!chosen(waiting)) continue;
			this.#waiting.delete(number);
			waiting.reject(isRefusal(error) ? forbidden(waiting, error) : toCoveyError(error, 'NO_ANSWER'));
		}
		if (this.#waiting.size > 0) return;
		clearTimeout(this.#timer);
		this.#timerAt = Number.POSITIVE_INFINITY;
	}

	#take(message: Msg): void {
		const number = Number(message.subject.slice(this.#inbox.length));
		const waiting = this.#waiting.get(number);
		if (!waiting) return;
		this.#waiting.delete(number);
		if (message.data.length === 0 && message.headers?.code === NO_RESPONDERS) waiting.reject(nobody(waiting));
		else waiting.resolve(message);
	}

	/** One timer for all, at the first deadline; those answered meanwhile need not take it back. */
	#wakeAt(until: number): void {
		if (until >= this.#timerAt) return;
		clearTimeout(this.#timer);
		this.#timerAt = until;
		this.#timer = setTimeout(() => this.#endLate(), Math.max(1, until - performance.now()));
	}

	#endLate(): void {
		this.#timerAt = Number.POSITIVE_INFINITY;
		const now = performance.now();
		let next = Number.POSITIVE_INFINITY;
		for (const [number, waiting] of this.#waiting) {
			if (waiting.until > now) {
				next = Math.min(next, waiting.until);
				continue;
			}
			this.#waiting.delete(number);
			waiting.reject(late(waiting));
		}
		this.#wakeAt(next);
	}

	/** The server says only on which subject it took no message. */
	async #followRefusals(nc: NatsConnection): Promise<void> {
		for await (const status of nc.status()) {
			if (status.type !== 'error' || !isRefusal(status.error)) continue;
			const { operation, subject } = status.error;
			if (operation === 'publish') this.#fail(status.error, (waiting) => waiting.subject === subject);
		}
	}
}

const NO_RESPONDERS = 503;

/** Headers that are only sent: the library's own look for each name among all and in all its spellings. */
class PlainHeaders extends MsgHdrsImpl {
	readonly #lines: Readonly<Record<string, string>>;

	constructor(lines: Readonly<Record<string, string>>) {
		super();
		this.#lines = lines;
	}

	override toString(): string {
		let text = 'NATS/1.0\r\n';
		for (const name in this.#lines) text += `${name}: ${this.#lines[name]}\r\n`;
		return `${text}\r\n`;
	}
}

const isRefusal = (error: unknown): error is PermissionViolationError => error instanceof PermissionViolationError;

const forbidden = ({ subject }: Waiting, cause: Error): CoveyError =>
	new CoveyError('NOT_TRUSTED', `This credential may not use ${subject}.`, { cause, details: { subject } });

function nobody({ subject, options }: Waiting): CoveyError {
	const { code, message } = options.nobody ?? { code: 'NO_ANSWER', message: `Nobody answers on ${subject}.` };
	return new CoveyError(code, message, { details: { subject } });
}

const late = ({ subject, options }: Waiting): CoveyError =>
	new CoveyError('TIMEOUT', `No answer on ${subject} in ${Math.round(options.deadlineMs)} ms.`, { details: { subject } });
