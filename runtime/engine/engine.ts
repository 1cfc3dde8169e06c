// The durable-actor engine of one host: which actors are this host's, and everything that reaches them.
//
// E1. An actor is active here only if the store's leader said that the record names this host's present life.
// E2. A change of owner always raises the epoch, in the same compare-and-set as everything else (V2, V3).
// E3. The index is a hint from republished records and scans; every decision reads through the leader.
import { type Actor, startActor } from './actor.ts';
import { createActor } from './create-actor.ts';
import { betterOwner, type EngineOptions, engineState, everybodyRuns, homeOf, homeOfLive } from './engine-state.ts';
import { CoveyError, toWire } from './errors.ts';
import type { Kind } from './kind.ts';
import type { Live } from './live.ts';
import type { Cancel, Reply } from './ports.ts';
import { type ActorRecord, type ActorRef, type JsonObject, refText, type Stored } from './record.ts';
import { canTake } from './step.ts';
import { createTakeovers } from './takeovers.ts';
import { restore } from './versions.ts';

export interface Engine {
	/** Scans the store, takes back what this host owned, adopts what is orphaned, and keeps watching. */
	start(): Promise<void>;
	/** Makes a new actor. Any host may be asked; the record's first write decides. Errors: NAME_TAKEN, UNKNOWN_KIND, BAD_REQUEST. */
	create(kind: string, id: string, input: JsonObject, how: { cmdId: string; by: string }): Promise<Reply>;
	/** A fact about an actor that is owned here; ACTOR_MOVED where it is not. */
	tell(ref: ActorRef, fact: JsonObject & { type: string }, by: string): Promise<Reply>;
	owned(): ActorRef[];
	/** Every record as last heard of: a hint for pages and placement. */
	index(): ReadonlyMap<string, Stored>;
	/** Gives every actor away. The host must have said that it adopts nothing, or it takes them back. */
	release(): Promise<void>;
	/** Finishes the steps in flight and releases every actor, so that others adopt at once. */
	stop(): Promise<void>;
	/** As kill -9: nothing leaves any more. */
	kill(): void;
}

const RESCAN_MS = 30_000;

export function createEngine(options: EngineOptions): Engine {
	const { clock, store, peers, observe } = options;
	const state = engineState(options);
	const { self, kinds, actors, index } = state;
	const takeovers = createTakeovers(state, { activate, learn });
	const cancels: Cancel[] = [];
	let nextScan: Cancel = () => {};

	return {
		start,
		create: (kind, id, input, how) => createActor(state, { ref: { kind, id }, input, ...how }, begin),
		tell,
		owned: () => [...actors.values()].map(({ ref }) => ref),
		index: () => index,
		release,
		stop,
		kill,
	};

	async function start(): Promise<void> {
		cancels.push(store.watch(learn));
		cancels.push(
			options.jobs.onCompletion(
				async (completion) => (await actors.get(refText(completion.actor))?.complete(completion)) ?? false,
			),
		);
		cancels.push(peers.onChange(reviewAll));
		await rescan();
	}

	async function rescan(): Promise<void> {
		try {
			for (const stored of await store.scan()) learn(stored);
		} catch {
			// No leader: the watch goes on, and the next scan repeats this one.
		}
		if (state.phase === 'ended') return;
		reviewAll();
		nextScan = clock.after(RESCAN_MS * (0.75 + options.rng() / 2), () => void rescan());
	}

	function learn(stored: Stored): void {
		if (state.phase === 'ended') return;
		const key = refText(stored.record);
		const known = index.get(key);
		if (known && known.revision >= stored.revision) return;
		index.set(key, stored);
		const active = actors.get(key);
		// Somebody wrote a record that is ours by a higher epoch: we were judged dead and did not notice.
		if (!active) takeovers.review(stored);
		// Ours, but not as we know it: another host made the finished actor anew, with this host as its owner.
		else if (stored.record.epoch > active.live().record.epoch) active.close(stored);
	}

	function reviewAll(): void {
		for (const stored of index.values()) if (!actors.has(refText(stored.record))) takeovers.review(stored);
		for (const actor of actors.values()) attend(actor);
	}

	function activate({ record, revision }: Stored): void {
		const key = refText(record);
		index.set(key, { record, revision });
		const kind = kinds.get(record.kind);
		const restored = kind ? restore(kind, record, everybodyRuns(state)) : ({ status: 'unknown-version' } as const);
		if (restored.status === 'unknown-version') return observe({ type: 'unknownVersion', actor: key, machine: record.machine.id });
		const live = restored.status === 'restored' ? restored.live : brokenLive(kind as Kind, record, restored.reason);
		const actor = run(live, revision);
		retireForeignJobs(actor);
		attend(actor);
	}

	function begin(live: Live, revision: number): void {
		if (state.phase === 'open') attend(run(live, revision));
	}

	function run(live: Live, revision: number): Actor {
		const ports = { ...state.ports, betterOwner: (one: Live) => betterOwner(state, one), closed: forget, committed: remember };
		const actor = startActor(ports, live, revision);
		actors.set(refText(actor.ref), actor);
		return actor;
	}

	/** What cannot be restored is parked with its reason; its state stays as it was. */
	function brokenLive(kind: Kind, record: ActorRecord, reason: string): Live {
		const { machine } = kind.versions[kind.versions.length - 1] as Kind['versions'][0];
		observe({ type: 'parked', actor: refText(record), reason });
		const parked = record.parked ?? { reason, since: clock.now() };
		return { kind, machine, record: { ...record, parked }, snapshot: { status: 'error', context: {}, value: {} } as never };
	}

	/** A former owner may have died between a commit that ended an effect and telling the host. */
	function retireForeignJobs(actor: Actor): void {
		const { record } = actor.live();
		const live = Object.values(record.effects).map((effect) => effect.key);
		const hosts = new Set([self.host, ...Object.values(record.effects).flatMap(({ host }) => (host ? [host] : []))]);
		const home = homeOf(state, record);
		if (home) hosts.add(home);
		for (const host of hosts) {
			// Unreachable hosts ask by themselves, when they return, which of their jobs are still wanted.
			if (!peers.isDead(host)) options.jobs.retire(host, actor.ref, record.epoch, live, record.seq).catch(() => undefined);
		}
	}

	/** Tells an actor how its home host stands, and hands it over when that lives. */
	function attend(actor: Actor): void {
		const live = actor.live();
		const home = live.record.parked ? null : homeOfLive(live);
		if (!home || state.phase !== 'open') return;
		const alive = peers.alive().some(({ host }) => host === home);
		const type = alive ? 'host.returned' : peers.isDead(home) ? 'host.lost' : null;
		if (type && canTake(live.snapshot, { type, host: home, at: 0, by: '' }))
			void actor.take({ type: 'fact', event: { type, host: home }, by: `host:${self.host}` });
		actor.reconsiderOwner();
	}

	function remember(stored: Stored): void {
		const { record } = stored;
		const key = refText(record);
		index.set(key, stored);
		const home = record.snap.status === 'done' ? null : homeOf(state, record);
		const actor = actors.get(key);
		if (home && actor && peers.isDead(home)) clock.after(0, () => actors.get(key) === actor && attend(actor));
	}

	function forget(ref: ActorRef, current: Stored | null): void {
		actors.delete(refText(ref));
		if (!current || state.phase === 'ended') return;
		learn(current);
		// Known already where the news itself closed the actor.
		const known = index.get(refText(ref));
		if (known) takeovers.review(known);
	}

	async function tell(ref: ActorRef, fact: JsonObject & { type: string }, by: string): Promise<Reply> {
		const actor = actors.get(refText(ref));
		if (!actor) return refusal(new CoveyError('ACTOR_MOVED', `${refText(ref)} is not owned by ${self.host}`));
		const parsed = actor.live().kind.fact.safeParse(fact);
		if (!parsed.success)
			return refusal(new CoveyError('BAD_REQUEST', `the fact ${fact.type} does not fit its schema: ${parsed.error.message}`));
		return actor.take({ type: 'fact', event: parsed.data, by });
	}

	async function stop(): Promise<void> {
		if (state.phase === 'open') state.phase = 'stopping';
		await release();
		kill();
	}

	async function release(): Promise<void> {
		await Promise.all([...actors.values()].map((actor) => actor.release()));
	}

	function kill(): void {
		state.phase = 'ended';
		nextScan();
		for (const cancel of cancels.splice(0)) cancel();
		takeovers.stop();
		for (const actor of [...actors.values()]) actor.close(null);
		actors.clear();
	}
}

const refusal = (thrown: unknown): Reply => ({ ok: false, error: toWire(thrown) });
