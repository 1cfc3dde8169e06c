// After everything has healed: nobody is stuck, nothing was lost, every client knows.
import type { Auditor } from './check.ts';
import { isEnded } from './check-commit.ts';
import type { Clients } from './clients.ts';
import type { SimHost } from './sim-host.ts';
import type { StoreServer } from './store.ts';

export interface Outcome {
	store: StoreServer;
	clients: Clients;
	hosts: readonly SimHost[];
	audit: Auditor;
}

const QUIET: ReadonlySet<string> = new Set(['idle', 'unlit', 'finished', 'cancelled', 'joined']);

/** What is not at rest yet; empty when the run may end. */
export function restless({ store, clients, hosts }: Outcome): string[] {
	const open = clients
		.calls()
		.filter(({ state }) => state === 'open')
		.map(({ cmdId, type, actor }) => `${type} ${cmdId} to ${actor} is not answered`);
	const busy = store.actors().flatMap((actor) => {
		const record = store.last(actor)?.record;
		if (!record) return [];
		if (record.parked) return [`${actor} is parked: ${record.parked.reason}`];
		if (!QUIET.has(record.view.phase))
			return [
				`${actor} is stuck in ${record.view.phase} (timers ${Object.keys(record.timers)}, effects ${Object.keys(record.effects)})`,
			];
		if (isEnded(record)) return [];
		return ownership(actor, hosts, record.owner, record.snap.context as { home?: string | null });
	});
	const jobs = hosts.flatMap((host) =>
		(host.jobHost()?.list() ?? [])
			.filter(({ state }) => state === 'running')
			.map(({ key }) => `job ${key} still runs on ${host.name}`),
	);
	return [...open, ...busy, ...jobs];
}

function ownership(
	actor: string,
	hosts: readonly SimHost[],
	owner: { host: string; incarnation: number } | null,
	{ home }: { home?: string | null },
): string[] {
	if (!owner) return [`${actor} has no owner`];
	const life = hosts.find(({ name }) => name === owner.host)?.life();
	if (life?.incarnation !== owner.incarnation) return [`${actor} is owned by ${owner.host}#${owner.incarnation}, which is gone`];
	const active = hosts
		.filter((host) =>
			host
				.engine()
				?.owned()
				.some(({ kind, id }) => `${kind}/${id}` === actor),
		)
		.map(({ name }) => name);
	if (active.join() !== owner.host) return [`${actor} belongs to ${owner.host} but is active on [${active}]`];
	return home && home !== owner.host ? [`${actor} is on ${owner.host}, its home ${home} is alive`] : [];
}

export function checkFinal({ store, clients, audit }: Outcome): void {
	for (const { actor, cmdId, type, state, tries } of clients.calls()) {
		const entry = audit.ledger(actor).applied.get(cmdId);
		if (state === 'ok' && !entry) audit.fail('V4', `${cmdId} to ${actor} was acknowledged, but no commit has it`);
		if (state !== 'refused' || !entry) continue;
		// NATS delivers a message once: a copy of one that was sent once is a fault that only this world has.
		if (tries > 1 && type !== 'create')
			audit.fail('V4', `${cmdId} to ${actor} was refused when it was repeated, and applied all the same`);
		else audit.count('refusedThenApplied');
	}
	for (const actor of store.actors()) {
		const seqs = store.history(actor).map(({ record }) => record.seq);
		for (const [index, seq] of seqs.entries())
			if (index > 0 && seq - (seqs[index - 1] ?? 0) > 1) audit.fail('V2', `${actor}: seq jumps to ${seq}`);
	}
}
