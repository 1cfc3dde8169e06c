// One request to the interface of a connected app, with secrets filled in. While the app is on its way, it is waited for.
import { setTimeout as pause } from 'node:timers/promises';
import { installRef } from '../../machines/install/contract.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { PlannedCall } from '../drivers/plan.ts';
import type { HostKit } from '../kit.ts';

const LIMIT_MS = 15_000;
const AGAIN_MS = 500;
/** After a power cut the apps of a host start one after another. An app in another phase does not come by itself. */
const COMING = ['queued', 'validating', 'configuring', 'building', 'starting', 'running', 'updating', 'error'];
/** Of connections that were never made. */
const UNHEARD = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];

export type PartnerCall = Pick<PlannedCall, 'base' | 'method' | 'path' | 'headers' | 'body' | 'expect'> & {
	/** The instance whose interface it is. */
	whose: string;
};

export type Miss =
	/** Nothing of the request reached the app. */
	| { type: 'unheard'; why: string }
	/** It may have been taken. */
	| { type: 'unanswered'; why: string }
	| { type: 'refused'; status: number };

export interface Asking {
	fill(text: string): string;
	signal: AbortSignal;
	/** Which misses are worth another try. */
	repeats(miss: Miss): boolean;
	/** ms since 1970: no other try after this. */
	until: number;
}

export interface Answer {
	status: number;
	isOk: boolean;
	text: string;
}

/** `wants`: which answers are right; others are a miss. Rejects with EFFECT_FAILED, CANCELLED, or STORE_UNAVAILABLE. */
export async function askPartner(
	kit: Pick<HostKit, 'look'>,
	call: PartnerCall,
	wants: (answer: Answer) => boolean,
	asking: Asking,
): Promise<Answer> {
	for (;;) {
		const { answer, miss } = await request(call, wants, asking);
		if (answer) return answer;
		if (asking.signal.aborted) throw new CoveyError('CANCELLED', 'The call was cancelled.');
		const phase = (await kit.look(installRef(call.whose)))?.view.phase ?? 'removed';
		if (!asking.repeats(miss) || !COMING.includes(phase) || Date.now() >= asking.until) throw failed(call, phase, miss);
		await pause(AGAIN_MS, undefined, { signal: asking.signal }).catch(() => undefined);
	}
}

type Outcome = { answer: Answer; miss?: never } | { answer?: never; miss: Miss };

async function request(
	{ base, method, path, headers, body }: PartnerCall,
	wants: (answer: Answer) => boolean,
	{ fill, signal }: Asking,
): Promise<Outcome> {
	try {
		const response = await fetch(`${base}${fill(path)}`, {
			method,
			headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)])),
			...(body === undefined ? {} : { body: fill(body) }),
			signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
		});
		const answer = { status: response.status, isOk: response.ok, text: await response.text() };
		return wants(answer) ? { answer } : { miss: { type: 'refused', status: answer.status } };
	} catch (thrown) {
		const { message, cause } = thrown as Error & { cause?: { code?: string; message?: string } };
		const type = UNHEARD.includes(cause?.code ?? '') ? 'unheard' : 'unanswered';
		return { miss: { type, why: cause?.message || message } };
	}
}

function failed({ method, base, path, whose }: PartnerCall, phase: string, miss: Miss): CoveyError {
	const call = `${method} ${base}${path}`;
	const text =
		miss.type === 'refused'
			? `${whose} answered ${miss.status} to ${call}.`
			: `${whose}, which is ${phase === 'removed' ? 'not there' : phase}, did not answer ${call}: ${miss.why}.`;
	return new CoveyError('EFFECT_FAILED', text, { details: { instance: whose } });
}
