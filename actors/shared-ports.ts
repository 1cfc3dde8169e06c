// Ports of hosts that share one address, as the hosts of a demo do: their plans are guarded one by one, so a port is promised on
// one of them first, and kept only if no plan of the others has it then.
//
// Each writes before it looks, so of two that want the same port at least one sees the other and gives way. Of two promises the one
// on the host whose name comes later gives way at once; the other waits a moment for that, then gives way, too.
import { setTimeout as pause } from 'node:timers/promises';
import { addressOf } from '../machines/host/address.ts';
import type { Candidate } from '../machines/placement/score.ts';
import type { HostPlan } from './drivers/plan.ts';
import type { HostKit } from './kit.ts';
import { readPlan } from './plans.ts';
import { claimsOn } from './reservations.ts';

const LOOK_EVERY_MS = 100;
const LOOKS = 50;

/** Who has which of the wanted ports of `host` on its neighbours; empty when they may be kept. Rejects with STORE_UNAVAILABLE. */
export async function heldBeside(
	kit: Pick<HostKit, 'documents'>,
	host: Candidate,
	all: readonly Candidate[],
	{ instance, ports }: { instance: string; ports: readonly number[] },
	signal: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
	const name = host.facts.host;
	const neighbours = ports.length > 0 ? neighboursOf(host, all) : [];
	for (let looks = 1; ; looks++) {
		const plans = await Promise.all(neighbours.map((neighbour) => readPlan(kit.documents, neighbour)));
		const held = plans.flatMap((plan) => heldIn(plan, instance, ports));
		const mayPass = held.every(({ by, on }) => !(by in on.apps) && name < on.host);
		if (held.length === 0 || !mayPass || looks >= LOOKS) return new Map(held.map(({ port, by }) => [port, by]));
		await pause(LOOK_EVERY_MS, undefined, { signal });
	}
}

const heldIn = (on: HostPlan, instance: string, ports: readonly number[]): { port: number; by: string; on: HostPlan }[] =>
	claimsOn(on)
		.filter((claim) => claim.instance !== instance)
		.flatMap((claim) => claim.ports.filter((port) => ports.includes(port)).map((port) => ({ port, by: claim.instance, on })));

function neighboursOf({ facts }: Candidate, all: readonly Candidate[]): string[] {
	const others = all.filter((one) => one.facts.host !== facts.host && addressOf(one.facts) === addressOf(facts));
	return others.map((one) => one.facts.host);
}
