// Calls the interfaces of connected apps, when the app is healthy, and takes calls back when a connection has ended. Each looks
// before it acts, and what was done is kept with what would undo it.
import type { PlannedCall } from '../drivers/plan.ts';
import type { EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { readPlan } from '../plans.ts';
import type { DoneCall, Kept } from '../vault.ts';
import { type Answer, type Asking, askPartner, type Miss, type PartnerCall } from './partner-request.ts';

/** After a power cut a partner may start later than the app, ms. */
const PATIENCE_MS = 60_000;

type Kit = Pick<HostKit, 'look' | 'vault' | 'documents' | 'host'>;

/** Rejects with EFFECT_FAILED, to be tried again, when an interface refuses or does not answer. */
export async function callPartners(kit: Kit, instance: string, context: EffectContext): Promise<void> {
	const calls = (await readPlan(kit.documents, kit.host)).apps[instance]?.calls ?? [];
	const kept = await kit.vault.read(instance);
	if (calls.length === 0 && Object.keys(kept?.calls ?? {}).length === 0) return;
	await endCalls(kit, instance, (key) => calls.some((call) => call.key === key), context);
	// What may have been taken is looked for before it is said again.
	const asking = askingOf(instance, kept, context, ({ type }) => type === 'unheard');
	for (const planned of calls) {
		const call = { ...planned, whose: whoseOf(instance, planned) };
		if (await isDone(kit, call, planned.look, asking)) continue;
		// Before the call: what may have been done is taken back, too.
		await note(kit, instance, planned.key, { base: planned.base, to: planned.to, undo: planned.undo ?? null });
		context.progress({ step: `connecting ${instance}: ${call.method} ${call.path}` });
		const { status } = await askPartner(kit, call, isExpected(call), asking);
		context.note({ kind: 'call', text: `${call.method} ${call.base}${call.path}: ${status}, for ${instance}` });
	}
}

/** `isWanted`: of the keys of calls. The app's own interface forgets with the app, so only partners are told of its end. */
export async function endCalls(
	kit: Pick<Kit, 'look' | 'vault'>,
	instance: string,
	isWanted: (key: string) => boolean,
	context: EffectContext,
	whom: 'everybody' | 'partners' = 'everybody',
): Promise<void> {
	const kept = await kit.vault.read(instance);
	// Said twice it is as good as once.
	const asking = askingOf(instance, kept, context, (miss) => miss.type !== 'refused' || miss.status >= 500);
	for (const [key, { base, to, undo }] of Object.entries(kept?.calls ?? {})) {
		if (isWanted(key)) continue;
		if (undo && (whom === 'everybody' || to === 'partner'))
			await tellEnd(kit, { ...undo, base, whose: whoseOf(instance, { key, to }) }, instance, asking, context);
		await note(kit, instance, key, null);
	}
}

/** A partner that is gone by now has nothing to forget. */
async function tellEnd(
	kit: Pick<Kit, 'look'>,
	call: PartnerCall,
	instance: string,
	asking: Asking,
	context: EffectContext,
): Promise<void> {
	try {
		const { status } = await askPartner(kit, call, isExpected(call), asking);
		context.note({ kind: 'call', text: `${call.method} ${call.base}${call.path}: ${status}, for the end of ${instance}` });
	} catch (thrown) {
		if (context.signal.aborted) throw thrown;
		context.note({ kind: 'decide', text: `${call.whose} was not told of the end of ${instance}: ${(thrown as Error).message}` });
	}
}

/** Keys are `integration/partner/number`. */
const whoseOf = (instance: string, { key, to }: Pick<PlannedCall, 'key' | 'to'>): string =>
	to === 'app' ? instance : (key.split('/')[1] ?? instance);

const askingOf = (instance: string, kept: Kept | null, { signal }: EffectContext, repeats: (miss: Miss) => boolean): Asking => ({
	fill: (text) =>
		text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => (name === 'instance' ? instance : (kept?.values[name] ?? whole))),
	signal,
	repeats,
	until: Date.now() + PATIENCE_MS,
});

const isExpected =
	({ expect }: PartnerCall) =>
	({ status, isOk }: Answer): boolean =>
		expect ? expect.includes(status) : isOk;

async function isDone(
	kit: Pick<Kit, 'look'>,
	{ base, whose }: PartnerCall,
	look: PlannedCall['look'],
	asking: Asking,
): Promise<boolean> {
	if (!look) return false;
	const request = { base, whose, method: 'GET', path: look.path, headers: look.headers };
	const { isOk, text } = await askPartner(kit, request, () => true, asking);
	return isOk && text.includes(asking.fill(look.contains));
}

async function note(kit: Pick<HostKit, 'vault'>, instance: string, key: string, done: DoneCall | null): Promise<void> {
	await kit.vault.change(instance, (kept) => {
		if (!kept) return kept;
		const { [key]: before, ...calls } = kept.calls;
		if (!done) return before === undefined ? kept : { ...kept, calls };
		return { ...kept, calls: { ...calls, [key]: done } };
	});
}
