// The auditor: sees every commit, order, reply and effect as it happens and names the invariant (V1-V6) that breaks.
import type { EffectContext } from '../../actors/effect.ts';
import type { WireError } from '../../runtime/engine/errors.ts';
import type { JobOrder, Observation, Reply } from '../../runtime/engine/ports.ts';
import { type ActorRef, type Json, type JsonObject, refText } from '../../runtime/engine/record.ts';
import { checkCommit } from './check-commit.ts';
import { targets } from './check-targets.ts';
import type { Call } from './clients.ts';
import { type Life, lifeText } from './life.ts';
import type { Committed } from './store.ts';
import type { ActorLedger, Fail, Invariant, Violation } from './verdict.ts';
import type { World } from './world.ts';

export interface Auditor {
	committed(actor: string, before: Committed | undefined, now: Committed, life: Life): void;
	ordered(life: Life, order: JobOrder): void;
	reached(life: Life, actor: ActorRef, epoch: number): void;
	/** `askedAt`: when the request reached the host (true time). */
	replied(life: Life, reply: Reply, request: { actor: string; payload: JsonObject; askedAt: number }): void;
	/** One process has two instances of the same actor. */
	doubled(life: Life, actor: string): void;
	answered(call: Call, reply: Reply): void;
	began(life: Life, effect: string, context: EffectContext): void;
	acted(life: Life, context: EffectContext): void;
	ended(life: Life, context: EffectContext): void;
	observed(life: Life, observation: Observation): void;
	ledger(actor: string): ActorLedger;
	fail: Fail;
	count(what: string): void;
	violations: Violation[];
	counts: Record<string, number>;
}

export interface AuditorOptions {
	skewMs: number;
	/** How far back a leader's answer may lie. */
	patienceMs: number;
	/** True while every message arrives soon and every host lives. */
	isCalm(): boolean;
}

/** What is called off in a calm world has stopped by then. */
const CALLED_OFF_MS = 2_000;

export function auditor(world: World, began: number, { skewMs, patienceMs, isCalm }: AuditorOptions): Auditor {
	const violations: Violation[] = [];
	const counts: Record<string, number> = {};
	const ledgers = new Map<string, ActorLedger>();
	const atTargets = targets(fail);
	const count = (what: string) => {
		counts[what] = (counts[what] ?? 0) + 1;
	};

	function fail(invariant: Invariant, message: string): void {
		violations.push({ invariant, message, at: world.now() - began });
		world.trace('auditor', invariant, message);
	}

	function ledger(actor: string): ActorLedger {
		const known = ledgers.get(actor);
		if (known) return known;
		const fresh: ActorLedger = {
			applied: new Map(),
			refused: new Set<string>(),
			effects: new Map(),
			dropped: new Map(),
			completed: new Set<string>(),
			owners: new Map(),
			commits: new Set<string>(),
			times: [],
		};
		ledgers.set(actor, fresh);
		return fresh;
	}

	/** A refusal names the phase it was judged in: that must have been the truth, and this host the owner, while it was asked. */
	function checkRefusal(life: Life, actor: string, { code, details }: WireError, askedAt: number): void {
		if (code !== 'NOT_ALLOWED_NOW') return;
		const { owners, times } = ledger(actor);
		const held = times.some(
			({ phase, epoch, until }) =>
				phase === details?.phase && until >= askedAt - patienceMs && owners.get(epoch) === lifeText(life),
		);
		if (!held)
			fail('V3', `${lifeText(life)} refused a command to ${actor} because it is ${details?.phase}, which was over or never`);
	}

	return {
		committed(actor, before, now, life) {
			count('commits');
			const { times } = ledger(actor);
			const last = times.at(-1);
			if (last) last.until = world.now();
			times.push({ phase: now.record.view.phase, epoch: now.record.epoch, until: Number.POSITIVE_INFINITY });
			checkCommit(
				{ actor, before: before?.record, now: now.record, life, ledger: ledger(actor), trueNow: world.now(), skewMs },
				fail,
			);
		},
		ordered(life, order) {
			count('orders');
			const actor = refText(order.actor);
			const { effects, owners } = ledger(actor);
			const effect = effects.get(order.key);
			if (!effect) return fail('V1', `${lifeText(life)} ordered ${order.key} before any commit had it`);
			if (effect.input !== JSON.stringify(order.input) || effect.src !== order.effect)
				fail('V5', `${order.key} stands for two different works`);
			const owner = owners.get(order.epoch);
			if (owner === undefined)
				fail('V1', `${lifeText(life)} ordered ${order.key} in epoch ${order.epoch}, which no commit began`);
			else if (owner !== lifeText(life))
				fail(
					'V3',
					`two hosts acted in epoch ${order.epoch} of ${actor}: ${owner} owns it, ${lifeText(life)} ordered ${order.key}`,
				);
		},
		reached: (life, actor, epoch) => atTargets.reached(life.host, refText(actor), epoch),
		replied(life, reply, { actor, payload, askedAt }) {
			count('replies');
			if (!reply.ok) {
				const isKept = reply.error.details === undefined && ledger(actor).refused.has(String(payload.cmdId));
				return isKept ? undefined : checkRefusal(life, actor, reply.error, askedAt);
			}
			if (typeof payload.cmdId !== 'string') return;
			const known = ledger(actor).applied.get(payload.cmdId);
			if (!known) return fail('V1', `${lifeText(life)} answered ok to ${payload.cmdId} of ${actor} before its commit`);
			if (known.reply !== replyText(reply))
				fail('V4', `${payload.cmdId} of ${actor} got ${replyText(reply)}, its first answer was ${known.reply}`);
		},
		doubled: (life, actor) => fail('V3', `${lifeText(life)} runs two instances of ${actor}`),
		answered(call, reply) {
			if (!reply.ok || !call.reply?.ok) return;
			if (replyText(call.reply) !== replyText(reply))
				fail('V4', `${call.cmdId} got two answers: ${replyText(call.reply)} and ${replyText(reply)}`);
		},
		began(life, effect, context) {
			count('effects');
			world.trace(life.host, 'begin', `${effect} ${context.key} e${context.epoch}`);
			const known = ledger(refText(context.actor)).effects.has(context.key);
			if (!known) fail('V1', `${life.host} ran ${context.key}, which no commit had`);
			atTargets.began(life, context);
		},
		acted(life, context) {
			atTargets.acted(life, context);
			const over = world.now() - (ledger(refText(context.actor)).dropped.get(context.key) ?? Number.POSITIVE_INFINITY);
			if (isCalm() && over > CALLED_OFF_MS)
				fail('live', `${context.key} went on on ${life.host} ${Math.round(over)} ms after it was called off`);
		},
		ended: (life, context) => atTargets.ended(life, context),
		observed(life, observation) {
			count(observation.type);
			world.trace(life.host, observation.type, 'actor' in observation ? observation.actor : '');
			if (observation.type === 'parked' && !observation.reason.startsWith('its hosts died'))
				fail('live', `${observation.actor} was parked: ${observation.reason}`);
		},
		ledger,
		fail,
		count,
		violations,
		counts,
	};
}

export const replyText = (reply: Reply | Json): string => JSON.stringify(reply);
