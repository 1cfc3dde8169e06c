// Chooses the host of a new app and keeps room for it there. Runs on the actor's owner.
//
// The ranking is made from hints; the promise is made under the compare-and-set of the chosen host's plan, where everything
// promised before is seen. A host that turns out to be full is out, and the next best is asked.
import { z } from 'zod';
import { whyNowhere } from '../../catalog/why-nowhere.ts';
import { addressOf } from '../../machines/host/address.ts';
import { type PlaceInput, Port } from '../../machines/install/contract.ts';
import { type Candidate, type Need, obstaclesHere, rankHosts, type Wish } from '../../machines/placement/score.ts';
import { CoveyError } from '../../runtime/engine/errors.ts';
import { Name } from '../../runtime/engine/record.ts';
import { HostPlan, type Reservation } from '../drivers/plan.ts';
import { defineEffect, type EffectContext } from '../effect.ts';
import type { HostKit } from '../kit.ts';
import { needOf } from '../need.ts';
import { changePlan } from '../plans.ts';
import { fixedPorts } from '../ports-of-app.ts';
import { withoutReservation, withReservation } from '../reservations.ts';
import { heldBeside } from '../shared-ports.ts';

type Ranking = ReturnType<typeof rankHosts>;

export const placeInstall = (kit: HostKit) =>
	defineEffect({
		name: 'placeInstall',
		input: z.object({
			instance: Name,
			app: Name,
			pinnedHost: Name.nullable(),
			avoid: z.array(Name),
			ports: z.record(Name, Port).default({}),
			/** As a plan that was accepted says; another host is taken when that one cannot. */
			planned: z
				.object({ host: Name, ports: z.record(Name, Port) })
				.nullable()
				.default(null),
			/** Without the data of an earlier one. */
			fresh: z.boolean().default(false),
		}),
		timeoutMs: 30_000,
		async run(input, context) {
			const { note } = context;
			const held = await hostsHolding(kit, input.instance);
			const { host, score, reasons, others } = await placeAndKeep(kit, input, held[0] ?? null, context);
			for (const other of held) if (other !== host) await release(kit, other, input.instance);
			const reason = `${host} scored ${score}: ${reasons.join(', ')}`;
			note({ kind: 'decide', text: `${reason}. ${losersOf(others)}`.trim() });
			return { host, reason };
		},
	});

/** Each round rules a host out or gives up the ports of the plan, so it ends. */
async function placeAndKeep(
	kit: HostKit,
	{ instance, app, pinnedHost, avoid, ports: wishes, planned, fresh }: PlaceInput,
	held: string | null,
	{ note, signal }: Pick<EffectContext, 'note' | 'signal'>,
): Promise<Ranking[number] & { others: Ranking }> {
	const entry = await kit.entry(app);
	const ports = { ...fixedPorts(entry), ...wishes };
	const need: Need = { ...needOf(entry), ports: Object.values(ports) };
	const wish: Wish = { pinned: pinnedHost, avoid, instance, app, fresh, preferred: held ?? planned?.host ?? null };
	const weights = await kit.weights();
	let candidates = await kit.candidates(instance);
	for (let plan = planned; ; ) {
		signal.throwIfAborted();
		const [best, ...others] = rankHosts(need, candidates, wish, weights);
		if (!best || best.score === null) throw noHost(app, pinnedHost, best ? [best, ...others] : []);
		const { host } = best;
		const kept = plan?.host === host ? { ...plan.ports, ...ports } : ports;
		const made: Reservation = { app, memoryBytes: need.memoryBytes, diskBytes: need.diskBytes, ports: kept, at: Date.now() };
		const candidate = candidates.find(({ facts }) => facts.host === host) as Candidate;
		const full = await reserve(kit, candidate, instance, made, { ...need, ports: Object.values(kept) });
		const beside = full ? null : await heldBeside(kit, candidate, candidates, { instance, ports: Object.values(kept) }, signal);
		if (beside?.size === 0) return { ...best, others };
		if (beside) {
			await changePlan(kit.documents, host, (before) => withoutReservation(before, instance, made.at));
			candidates = withPorts(candidates, addressOf(candidate.facts), beside);
		}
		note({ kind: 'decide', text: `not ${host}: others were promised ${beside ? 'the port' : 'its room'} meanwhile` });
		if (full) candidates = candidates.map((one) => (one.facts.host === host ? full : one));
		// Ports of a plan are a wish only: the host can still take it with others.
		const now = candidates.find(({ facts }) => facts.host === host);
		if (now && obstaclesHere(need, now) === null) plan = null;
	}
}

/** Where an earlier run of this, or of a placing before, has kept room: the reservation is made again there, or given up. */
async function hostsHolding(kit: HostKit, instance: string): Promise<string[]> {
	const plans = await kit.documents.list('plans');
	return plans.flatMap(({ value }) => {
		const plan = HostPlan.safeParse(value);
		return plan.success && plan.data.reserved?.[instance] ? [plan.data.host] : [];
	});
}

/** Null when the room is kept; else the host as its plan has it now. */
async function reserve(
	kit: HostKit,
	candidate: Candidate,
	instance: string,
	made: Reservation,
	need: Need,
): Promise<Candidate | null> {
	const found: { full: Candidate | null } = { full: null };
	await changePlan(kit.documents, candidate.facts.host, (plan) => {
		const now = kit.candidateWith(candidate, plan, instance);
		found.full = obstaclesHere(need, now) === null ? null : now;
		return found.full ? plan : withReservation(plan, instance, made);
	});
	return found.full;
}

const withPorts = (candidates: readonly Candidate[], address: string, held: ReadonlyMap<number, string>): Candidate[] =>
	candidates.map((one) => (addressOf(one.facts) === address ? { ...one, ports: new Map([...(one.ports ?? []), ...held]) } : one));

export async function release(kit: HostKit, host: string, instance: string): Promise<void> {
	await changePlan(kit.documents, host, (plan) => withoutReservation(plan, instance));
}

/** With a code that is worth another try where nothing lasting is against a host. */
function noHost(app: string, pinned: string | null, ranking: Ranking): CoveyError {
	if (ranking.length === 0) return new CoveyError('STORE_UNAVAILABLE', `No host can take ${app}: none is known now.`);
	const asked = ranking.find(({ host }) => host === pinned);
	const lasting = asked?.obstacles.find(({ code }) => code !== 'NO_SUITABLE_HOST' && code !== 'HOST_UNREACHABLE');
	const mayPass = ranking.some(({ obstacles }) => obstacles.every(({ code }) => code === 'HOST_UNREACHABLE'));
	const code = lasting?.code ?? (mayPass ? 'HOST_UNREACHABLE' : 'NO_SUITABLE_HOST');
	const hosts = ranking.map(({ host, score, reasons }) => ({ host, score, reasons }));
	return new CoveyError(code, `No host can take ${app}: ${whyNowhere(ranking)}.`, {
		details: { ranking: hosts },
	});
}

function losersOf(others: Ranking): string {
	return others
		.map(({ host, score, reasons }) => (score === null ? `Not ${host}: ${reasons.join(', ')}.` : `${host} scored ${score}.`))
		.join(' ');
}
