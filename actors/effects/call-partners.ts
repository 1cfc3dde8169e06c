// Calls the interfaces of connected apps, when the app is healthy, and takes calls back when a connection has ended. Each looks
// before it acts, and what was done is kept with what would undo it.
import { CoveyError } from '../../runtime/engine/errors.ts';
import type { PlannedCall } from '../drivers/plan.ts';
import type { EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { readPlan } from '../plans.ts';
import type { DoneCall, Kept } from '../vault.ts';

const LIMIT_MS = 15_000;

type Call = Pick<PlannedCall, 'base' | 'method' | 'path' | 'headers' | 'body' | 'expect'>;

/** Rejects with EFFECT_FAILED, to be tried again, when an interface refuses or does not answer. */
export async function callPartners(kit: HostKit, instance: string, context: EffectContext): Promise<void> {
	const calls = (await readPlan(kit.documents, kit.host)).apps[instance]?.calls ?? [];
	const kept = await kit.vault.read(instance);
	if (calls.length === 0 && Object.keys(kept?.calls ?? {}).length === 0) return;
	await endCalls(kit, instance, (key) => calls.some((call) => call.key === key), context);
	for (const call of calls) {
		const fill = filled(instance, kept);
		if (await isDone(call, fill, context.signal)) continue;
		// Before the call: what may have been done is taken back, too.
		await note(kit, instance, call.key, { base: call.base, to: call.to, undo: call.undo ?? null });
		context.progress({ step: `connecting ${instance}: ${call.method} ${call.path}` });
		const status = await send(call, fill, context.signal);
		context.note({ kind: 'call', text: `${call.method} ${call.base}${call.path}: ${status}, for ${instance}` });
	}
}

/** `isWanted`: of the keys of calls. The app's own interface forgets with the app, so only partners are told of its end. */
export async function endCalls(
	kit: HostKit,
	instance: string,
	isWanted: (key: string) => boolean,
	context: EffectContext,
	whom: 'everybody' | 'partners' = 'everybody',
): Promise<void> {
	const kept = await kit.vault.read(instance);
	for (const [key, { base, to, undo }] of Object.entries(kept?.calls ?? {})) {
		if (isWanted(key)) continue;
		if (undo && (whom === 'everybody' || to === 'partner'))
			await tellEnd({ ...undo, base }, filled(instance, kept), context, instance);
		await note(kit, instance, key, null);
	}
}

/** A partner that is gone by now has nothing to forget. */
async function tellEnd(call: Call, fill: (text: string) => string, context: EffectContext, instance: string): Promise<void> {
	try {
		const status = await send(call, fill, context.signal);
		context.note({ kind: 'call', text: `${call.method} ${call.base}${call.path}: ${status}, for the end of ${instance}` });
	} catch (thrown) {
		if (context.signal.aborted) throw thrown;
		context.note({ kind: 'decide', text: `${call.base} was not told of the end of ${instance}: ${(thrown as Error).message}` });
	}
}

const filled =
	(instance: string, kept: Kept | null) =>
	(text: string): string =>
		text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => (name === 'instance' ? instance : (kept?.values[name] ?? whole)));

async function isDone({ base, look }: PlannedCall, fill: (text: string) => string, signal: AbortSignal): Promise<boolean> {
	if (!look) return false;
	const { response, text } = await ask({ base, method: 'GET', path: look.path, headers: look.headers }, fill, signal);
	return response.ok && text.includes(fill(look.contains));
}

async function send(call: Call, fill: (text: string) => string, signal: AbortSignal): Promise<number> {
	const { response } = await ask(call, fill, signal);
	if (call.expect ? call.expect.includes(response.status) : response.ok) return response.status;
	throw new CoveyError('EFFECT_FAILED', `${call.method} ${call.base}${call.path} answered ${response.status}.`);
}

async function ask(
	{ base, method, path, headers, body }: Call,
	fill: (text: string) => string,
	signal: AbortSignal,
): Promise<{ response: Response; text: string }> {
	try {
		const response = await fetch(`${base}${fill(path)}`, {
			method,
			headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)])),
			...(body === undefined ? {} : { body: fill(body) }),
			signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
		});
		return { response, text: await response.text() };
	} catch (thrown) {
		if (signal.aborted) throw new CoveyError('CANCELLED', 'The call was cancelled.');
		throw new CoveyError('EFFECT_FAILED', `${method} ${base}${path}: ${(thrown as Error).message}`, { cause: thrown });
	}
}

async function note(kit: HostKit, instance: string, key: string, done: DoneCall | null): Promise<void> {
	await kit.vault.change(instance, (kept) => {
		if (!kept) return kept;
		const { [key]: before, ...calls } = kept.calls;
		if (!done) return before === undefined ? kept : { ...kept, calls };
		return { ...kept, calls: { ...calls, [key]: done } };
	});
}
