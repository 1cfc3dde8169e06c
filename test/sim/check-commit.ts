// What every committed revision must satisfy, beside the one before it.
import type { Reply } from '../../runtime/engine/ports.ts';
import type { ActorRecord, JsonObject, Owner } from '../../runtime/engine/record.ts';
import { type Life, lifeText } from './life.ts';
import { DELAYS, PENDING } from './machines.ts';
import type { ActorLedger, Fail } from './verdict.ts';

export interface CommitFacts {
	actor: string;
	before: ActorRecord | undefined;
	now: ActorRecord;
	/** The process that wrote it. */
	life: Life;
	ledger: ActorLedger;
	trueNow: number;
	skewMs: number;
}

export function checkCommit(facts: CommitFacts, fail: Fail): void {
	const { before, now, ledger } = facts;
	checkOnce(facts, fail);
	checkEpoch(facts, fail);
	if (!before || isRebirth(before, now)) checkCreation(facts, fail);
	else if (now.seq === before.seq) checkNoStep(facts, before, fail);
	else checkStep(facts, before, fail);
	checkPending(facts, fail);
	for (const { key } of Object.values(before?.effects ?? {}))
		if (!Object.values(now.effects).some((effect) => effect.key === key)) ledger.dropped.set(key, facts.trueNow);
	for (const effect of Object.values(now.effects))
		ledger.effects.set(effect.key, { src: effect.src, input: JSON.stringify(effect.input), token: effect.token });
}

export const isEnded = (record: ActorRecord): boolean => record.snap.status === 'done';
const isRebirth = (before: ActorRecord, now: ActorRecord) => isEnded(before) && now.seq !== before.seq;
const ownerText = (owner: Owner | null): string => (owner ? lifeText(owner) : 'nobody');

function checkOnce({ actor, now, ledger }: CommitFacts, fail: Fail): void {
	if (ledger.commits.has(now.commit)) fail('V2', `${actor}: the same write ${now.commit} was applied twice`);
	ledger.commits.add(now.commit);
}

function checkEpoch({ actor, before, now, life, ledger }: CommitFacts, fail: Fail): void {
	const was = before ? ownerText(before.owner) : 'nobody';
	const is = ownerText(now.owner);
	const created = !before || isRebirth(before, now);
	if (before && !created) {
		const wanted = was === is ? before.epoch : before.epoch + 1;
		if (now.epoch < before.epoch) fail('V3', `${actor}: the epoch went back from ${before.epoch} to ${now.epoch}`);
		else if (now.epoch !== wanted)
			fail('V3', `${actor}: owner ${was} → ${is}, epoch ${before.epoch} → ${now.epoch}, should be ${wanted}`);
		const mayWrite = lifeText(life) === was || (now.seq === before.seq && lifeText(life) === is);
		if (!mayWrite) fail('V3', `${actor}: ${lifeText(life)} wrote seq ${now.seq}, but ${was} owns epoch ${before.epoch}`);
	}
	const known = ledger.owners.get(now.epoch);
	if (known !== undefined && known !== is) fail('V3', `${actor}: epoch ${now.epoch} has two owners, ${known} and ${is}`);
	ledger.owners.set(now.epoch, is);
}

function checkCreation({ actor, before, now, ledger }: CommitFacts, fail: Fail): void {
	if (now.seq !== (before?.seq ?? 0) + 1) fail('V2', `${actor}: born with seq ${now.seq} after ${before?.seq ?? 0}`);
	if (before && now.epoch !== before.epoch + 1) fail('V3', `${actor}: reborn in epoch ${now.epoch} after ${before.epoch}`);
	noteCommand(actor, now, ledger, fail);
}

/** A change of owner, a parking, a refusal that is kept: everything else must be as it was. */
function checkNoStep({ actor, now, ledger }: CommitFacts, before: ActorRecord, fail: Fail): void {
	const [refused, ...more] = now.seen.filter((entry) => !before.seen.some(([cmdId]) => cmdId === entry[0]));
	if (refused && (more.length > 0 || (refused[3] as unknown as Reply).ok || ownerText(now.owner) !== ownerText(before.owner)))
		fail('V2', `${actor}: seen changed without a step at seq ${now.seq}`);
	if (refused && ledger.applied.has(refused[0])) fail('V4', `${actor}: ${refused[0]} is refused, but was applied`);
	if (refused) ledger.refused.add(refused[0]);
	if (JSON.stringify(now.timers) !== JSON.stringify(before.timers))
		fail('V6', `${actor}: a change of owner lost or moved timers: ${Object.keys(before.timers)}`);
	for (const part of ['snap', 'effects', 'view', 'last'] as const)
		if (JSON.stringify(now[part]) !== JSON.stringify(before[part]))
			fail('V2', `${actor}: ${part} changed without a step at seq ${now.seq}`);
}

function checkStep(facts: CommitFacts, before: ActorRecord, fail: Fail): void {
	const { actor, now, ledger } = facts;
	if (now.seq !== before.seq + 1) fail('V2', `${actor}: seq ${before.seq} was followed by ${now.seq}`);
	const type = String(now.last.event.type);
	if (now.last.by === 'timer') checkTimer(facts, before, type, fail);
	else if (/^xstate\.(done|error)\.actor\./.test(type)) checkCompletion(facts, before, type, fail);
	else if (now.last.by === 'client') {
		const added = now.seen.filter(([, seq]) => seq === now.seq);
		if (added.length !== 1) fail('V4', `${actor}: step ${now.seq} of a command is not in the dedupe ring`);
	}
	for (const [cmdId] of before.seen)
		if (!now.seen.some(([id]) => id === cmdId) && now.seen.length < 64)
			fail('V4', `${actor}: the dedupe ring forgot ${cmdId} too early`);
	noteCommand(actor, now, ledger, fail);
	for (const [id, timer] of Object.entries(now.timers)) {
		const old = before.timers[id];
		if (old?.token === timer.token && old.at !== timer.at)
			fail('V6', `${actor}: timer ${id} was moved from ${old.at} to ${timer.at}`);
		if (timer.token !== now.seq) continue;
		const delay = DELAYS[delayName(timer.event)];
		if (timer.at - now.last.at !== delay)
			fail('V6', `${actor}: timer ${id} was armed for ${timer.at - now.last.at} ms, should be ${delay}`);
	}
	checkLog(actor, logOf(before), logOf(now), fail);
}

const logOf = (record: ActorRecord) => (record.snap.context as JsonObject).log as string[];

/** The machine's own notes: what was applied stays applied, and once. */
function checkLog(actor: string, before: string[], now: string[], fail: Fail): void {
	const last = now.at(-1);
	if (now.length < before.length || (before.length > 0 && now[before.length - 1] !== before.at(-1)))
		fail('V4', `${actor}: an applied command is gone`);
	if (last !== undefined && now.indexOf(last) !== now.length - 1) fail('V4', `${actor}: ${last} was applied twice`);
}

function noteCommand(actor: string, now: ActorRecord, ledger: ActorLedger, fail: Fail): void {
	const entry = now.seen.at(-1);
	if (!entry || entry[1] !== now.seq) return;
	const [cmdId, seq, , reply] = entry;
	const known = ledger.applied.get(cmdId);
	if (known) fail('V4', `${actor}: command ${cmdId} was applied twice, at seq ${known.seq} and ${seq}`);
	else if (ledger.refused.has(cmdId)) fail('V4', `${actor}: command ${cmdId} was refused for good, and applied at seq ${seq}`);
	else ledger.applied.set(cmdId, { seq, reply: JSON.stringify(reply) });
}

function checkTimer({ actor, now, trueNow, skewMs }: CommitFacts, before: ActorRecord, type: string, fail: Fail): void {
	const timer = Object.values(before.timers).find(({ event }) => event.type === type);
	if (!timer) {
		fail('V6', `${actor}: timer ${type} fired at seq ${now.seq}, but was not armed`);
		return;
	}
	if (now.last.at < timer.at) fail('V6', `${actor}: timer ${type} fired ${timer.at - now.last.at} ms early by its owner's clock`);
	if (trueNow + skewMs < timer.at) fail('V6', `${actor}: timer ${type} fired ${Math.round(timer.at - trueNow)} ms early`);
}

function checkCompletion({ actor, now, ledger }: CommitFacts, before: ActorRecord, type: string, fail: Fail): void {
	const effect = before.effects[type.split('.').slice(3).join('.')];
	if (!effect) {
		fail('V6', `${actor}: ${type} was applied at seq ${now.seq}, but no such effect was pending`);
		return;
	}
	const key = keyOf(now.last.event);
	if (key !== null && key !== effect.key)
		fail('V6', `${actor}: a stale completion was applied: of ${key}, while ${effect.key} is pending`);
	if (ledger.completed.has(effect.key)) fail('V6', `${actor}: ${effect.key} was completed twice`);
	ledger.completed.add(effect.key);
}

function keyOf(event: JsonObject): string | null {
	const output = event.output as JsonObject | undefined;
	const error = event.error as { details?: { key?: string } } | undefined;
	return typeof output?.key === 'string' ? output.key : (error?.details?.key ?? null);
}

/** `xstate.after.rest.errand@1.resting` → `rest` */
const delayName = (event: JsonObject): string => String(event.type).split('.')[2] ?? '';

/** The machine's phase tells what must be pending: nothing may be missing, nothing may be left over. */
function checkPending({ actor, now }: CommitFacts, fail: Fail): void {
	const wanted = pendingOf(now.view.phase);
	const timers = Object.values(now.timers).map(({ event }) => delayName(event));
	if (!same(timers, wanted.timers))
		fail('V6', `${actor}: in ${now.view.phase} the timers are [${timers}], should be [${wanted.timers}]`);
	const effects = Object.keys(now.effects);
	if (!same(effects, wanted.effects))
		fail('V2', `${actor}: in ${now.view.phase} the effects are [${effects}], should be [${wanted.effects}]`);
}

const same = (a: string[], b: string[]) => a.length === b.length && a.toSorted().join() === b.toSorted().join();

function pendingOf(phase: string): { effects: string[]; timers: string[] } {
	if (!phase.startsWith('spread')) return PENDING[phase] ?? { effects: ['?'], timers: ['?'] };
	const regions = phase
		.slice('spread.'.length)
		.split(',')
		.map((region) => PENDING[`spread.${region}`]);
	const all = [PENDING.spread, ...regions];
	return { effects: all.flatMap((part) => part?.effects ?? ['?']), timers: all.flatMap((part) => part?.timers ?? ['?']) };
}
