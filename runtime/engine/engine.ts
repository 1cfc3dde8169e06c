// The durable-actor engine of one host: which actors are this host's, and everything that reaches them.
//
// E1. An actor is active here only if the store's leader said that the record names this host's present life.
// E2. A change of owner always raises the epoch, in the same compare-and-set as everything else (V2, V3).
// E3. The index is a hint from republished records and scans; every decision reads through the leader.
import { type Actor, type ActorPorts, startActor } from './actor.ts';
import { isFinished, judgeOwnership, type OwnershipVerdict, recoveriesAfter } from './adoption.ts';
import { commit } from './commit.ts';
import { CoveyError, toWire } from './errors.ts';
import { type Kind, registry } from './kind.ts';
import type { Live } from './live.ts';
import type { Bus, Cancel, Clock, Jobs, Observe, Peers, Reply, Rng, Store } from './ports.ts';
import { type ActorRecord, type ActorRef, type JsonObject, type Owner, refText, type Stored } from './record.ts';
import { canTake, firstStep } from './step.ts';
import { newestAllowed, restore } from './versions.ts';

export interface EngineOptions extends Pick<ActorPorts, 'objection'> {
	host: string;
	incarnation: number;
	clock: Clock;
	store: Store;
	bus: Bus;
	jobs: Jobs;
	peers: Peers;
	rng: Rng;
	kinds: readonly Kind[];
	observe: Observe;
}

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
const MAX_ADOPTIONS = 50;
const ADOPTION_RETRY_MS = 1_000;

export function createEngine(options: EngineOptions): Engine {
	const { clock, store, peers, observe } = options;
	const self: Owner = { host: options.host, incarnation: options.incarnation };
	const kinds = registry(options.kinds);
	const actors = new Map<string, Actor>();
	const index = new Map<string, Stored>();
	const attempts = new Map<string, Cancel | 'running'>();
	const cancels: Cancel[] = [];
	let nextScan: Cancel = () => {};
	let commits = 0;
	let ended = false;
	let stopping = false;
	const ports = { ...options, self, nextCommit: () => `${self.host}:${self.incarnation}:${++commits}`, ended: () => ended };

	return { start, create, tell, owned, index: () => index, release, stop, kill };

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
		if (ended) return;
		reviewAll();
		nextScan = clock.after(RESCAN_MS * (0.75 + options.rng() / 2), () => void rescan());
	}

	function learn(stored: Stored): void {
		if (ended) return;
		const key = refText(stored.record);
		const known = index.get(key);
		if (known && known.revision >= stored.revision) return;
		index.set(key, stored);
		const active = actors.get(key);
		// Somebody wrote a record that is ours by a higher epoch: we were judged dead and did not notice.
		if (!active) review(stored);
		// Ours, but not as we know it: another host made the finished actor anew, with this host as its owner.
		else if (stored.record.epoch > active.live().record.epoch) active.close(stored);
	}

	function reviewAll(): void {
		for (const stored of index.values()) if (!actors.has(refText(stored.record))) review(stored);
		for (const actor of actors.values()) attend(actor);
	}

	function review({ record }: Stored): void {
		const key = refText(record);
		if (ended || stopping || attempts.get(key) === 'running' || isFinished(record, clock.now())) return;
		const verdict = judge(record);
		const waiting = attempts.get(key);
		if (verdict.status === 'leave') {
			if (waiting && waiting !== 'running') waiting();
			attempts.delete(key);
		} else if (!waiting) {
			const afterMs = verdict.status === 'mine' ? 0 : verdict.afterMs;
			tryLater(record, afterMs);
		}
	}

	function tryLater(record: ActorRecord, afterMs: number): void {
		attempts.set(
			refText(record),
			clock.after(afterMs, () => void attempt(record)),
		);
	}

	/** `ref` is the record that was judged. */
	async function attempt(ref: ActorRecord): Promise<void> {
		const key = refText(ref);
		attempts.delete(key);
		if (ended || stopping || actors.has(key)) return;
		if ([...attempts.values()].filter((state) => state === 'running').length >= MAX_ADOPTIONS)
			return tryLater(ref, ADOPTION_RETRY_MS / 4);
		attempts.set(key, 'running');
		const before = index.get(key)?.revision ?? 0;
		const outcome = await takeOver(ref);
		attempts.delete(key);
		if (ended || stopping) return;
		const known = index.get(key);
		if (outcome === 'settled' && known && known.revision > before && !actors.has(key)) review(known);
		if (outcome === 'again') tryLater(ref, ADOPTION_RETRY_MS * (0.5 + options.rng()));
		else if (outcome !== 'settled') tryLater(outcome.judged, outcome.afterMs);
	}

	async function takeOver(ref: ActorRecord): Promise<'settled' | 'again' | { judged: ActorRecord; afterMs: number }> {
		let current: Stored | null;
		try {
			current = await store.read(ref);
		} catch (thrown) {
			// A newer Covey wrote it: left alone. Anything else passes.
			return thrown instanceof CoveyError && thrown.code === 'NEWER_RECORD' ? 'settled' : 'again';
		}
		if (ended || !current || actors.has(refText(ref))) return 'settled';
		const verdict = judge(current.record);
		if (verdict.status === 'leave') {
			if (!isOvertaken(current)) index.set(refText(ref), current);
			return 'settled';
		}
		// A deposed leader answered.
		if (isOvertaken(current)) return 'again';
		if (verdict.status === 'mine') return activate(current.record, current.revision);
		// Somebody else took it since: that verdict has a waiting time of its own.
		if (current.record.epoch !== ref.epoch && verdict.afterMs > 0) return { judged: current.record, afterMs: verdict.afterMs };
		return adopt(current, verdict);
	}

	async function adopt(
		{ record, revision }: Stored,
		verdict: Extract<OwnershipVerdict, { status: 'adopt' }>,
	): Promise<'settled' | 'again'> {
		const { recoveries, looping } =
			verdict.reason === 'released' ? { recoveries: record.recoveries, looping: false } : recoveriesAfter(record, clock.now());
		const adopted: ActorRecord = { ...record, owner: self, epoch: record.epoch + 1, recoveries, commit: ports.nextCommit() };
		if (looping)
			adopted.parked = {
				reason: `its hosts died ${recoveries.length} times in ten minutes while they had it`,
				since: clock.now(),
			};
		const result = await commit(ports, adopted, revision);
		if (ended) return 'settled';
		if (result.status !== 'committed') {
			if (result.status === 'lost' && result.current) learn(result.current);
			return 'again';
		}
		observe({ type: 'adopted', actor: refText(record), epoch: adopted.epoch, from: record.owner?.host ?? null });
		// While the answer was on its way it may have been finished, made anew, even be active here again.
		if (isOvertaken({ record: adopted, revision: result.revision }) || actors.has(refText(record))) return 'settled';
		return activate(adopted, result.revision);
	}

	function isOvertaken({ record, revision }: Stored): boolean {
		return (index.get(refText(record))?.revision ?? 0) > revision;
	}

	function activate(record: ActorRecord, revision: number): 'settled' {
		const key = refText(record);
		index.set(key, { record, revision });
		const kind = kinds.get(record.kind);
		const restored = kind ? restore(kind, record, everybodyRuns) : ({ status: 'unknown-version' } as const);
		if (restored.status === 'unknown-version') {
			observe({ type: 'unknownVersion', actor: key, machine: record.machine.id });
			return 'settled';
		}
		const live = restored.status === 'restored' ? restored.live : brokenLive(kind as Kind, record, restored.reason);
		const actor = run(live, revision);
		retireForeignJobs(actor);
		attend(actor);
		return 'settled';
	}

	function run(live: Live, revision: number): Actor {
		const actor = startActor({ ...ports, betterOwner, closed: forget, committed: remember }, live, revision);
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
		const home = homeOf(record);
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
		if (!home || stopping) return;
		const alive = peers.alive().some(({ host }) => host === home);
		const type = alive ? 'host.returned' : peers.isDead(home) ? 'host.lost' : null;
		if (type && canTake(live.snapshot, { type, host: home, at: 0, by: '' }))
			void actor.take({ type: 'fact', event: { type, host: home }, by: `host:${self.host}` });
		actor.reconsiderOwner();
	}

	function betterOwner(live: Live): Owner | null {
		const home = live.record.parked || live.snapshot.status !== 'active' ? null : homeOfLive(live);
		if (!home || home === self.host) return null;
		const peer = peers.alive().find(({ host }) => host === home);
		const able = peer?.adopting && peer.machines.includes(live.record.machine.id);
		return able ? { host: peer.host, incarnation: peer.incarnation } : null;
	}

	function remember(stored: Stored): void {
		index.set(refText(stored.record), stored);
		const { record } = stored;
		if (record.snap.status === 'done') return;
		const home = homeOf(record);
		if (home && peers.isDead(home)) {
			const actor = actors.get(refText(record));
			if (actor) clock.after(0, () => actors.get(refText(record)) === actor && attend(actor));
		}
	}

	function forget(ref: ActorRef, current: Stored | null): void {
		actors.delete(refText(ref));
		if (!current || ended) return;
		learn(current);
		// Known already where the news itself closed the actor.
		const known = index.get(refText(ref));
		if (known) review(known);
	}

	async function create(kindName: string, id: string, input: JsonObject, how: { cmdId: string; by: string }): Promise<Reply> {
		const kind = kinds.get(kindName);
		if (!kind) return refusal(new CoveyError('UNKNOWN_KIND', `there is no kind of actor called ${kindName}`));
		const ref: ActorRef = { kind: kindName, id };
		if (stopping || ended) return refusal(new CoveyError('ACTOR_MOVED', `${self.host} is shutting down`));
		let current: Stored | null;
		try {
			current = await store.read(ref);
		} catch (thrown) {
			return refusal(thrown);
		}
		const answered = answeredBefore(current, how.cmdId);
		if (answered) return answered;
		if (current && current.record.snap.status !== 'done')
			return refusal(
				new CoveyError('NAME_TAKEN', `${refText(ref)} exists already and is ${current.record.view.phase}`, {
					details: { phase: current.record.view.phase },
				}),
			);
		const machine = newestAllowed(kind, everybodyRuns);
		let first: Live & { reply: Reply };
		try {
			first = firstStep(kind, machine, ref, input, { ...how, owner: self, now: clock.now(), before: current?.record ?? null });
		} catch (thrown) {
			return refusal(thrown);
		}
		const owner = betterOwner(first) ?? self;
		const record: ActorRecord = { ...first.record, owner, commit: ports.nextCommit() };
		const result = await commit(ports, record, current?.revision ?? 0);
		if (result.status === 'abandoned' || ended)
			return refusal(new CoveyError('ACTOR_MOVED', `${self.host} stopped before it knew the outcome`));
		if (result.status === 'lost')
			return (
				answeredBefore(result.current, how.cmdId) ??
				refusal(new CoveyError('NAME_TAKEN', `${refText(ref)} was made by somebody else just now`))
			);
		const key = refText(ref);
		// The watch may have been quicker than the store's answer: then it runs already, perhaps steps further.
		const isRunning = isOvertaken({ record, revision: result.revision }) || actors.get(key)?.live().record.epoch === record.epoch;
		if (!isRunning) {
			actors.get(key)?.close(null);
			index.set(key, { record, revision: result.revision });
		}
		observe({
			type: 'step',
			actor: refText(ref),
			seq: record.seq,
			event: String(record.last.event.type),
			from: '',
			to: record.view.phase,
			ms: clock.now() - record.createdAt,
		});
		if (owner === self && !stopping && !isRunning) attend(run({ ...first, record }, result.revision));
		return first.reply;
	}

	async function tell(ref: ActorRef, fact: JsonObject & { type: string }, by: string): Promise<Reply> {
		const actor = actors.get(refText(ref));
		if (!actor) return refusal(new CoveyError('ACTOR_MOVED', `${refText(ref)} is not owned by ${self.host}`));
		const parsed = actor.live().kind.fact.safeParse(fact);
		if (!parsed.success)
			return refusal(new CoveyError('BAD_REQUEST', `the fact ${fact.type} does not fit its schema: ${parsed.error.message}`));
		return actor.take({ type: 'fact', event: parsed.data, by });
	}

	function owned(): ActorRef[] {
		return [...actors.values()].map(({ ref }) => ref);
	}

	async function stop(): Promise<void> {
		stopping = true;
		await release();
		kill();
	}

	async function release(): Promise<void> {
		await Promise.all([...actors.values()].map((actor) => actor.release()));
	}

	function kill(): void {
		ended = true;
		nextScan();
		for (const cancel of cancels.splice(0)) cancel();
		for (const state of attempts.values()) if (state !== 'running') state();
		for (const actor of [...actors.values()]) actor.close(null);
		actors.clear();
	}

	function judge(record: ActorRecord): OwnershipVerdict {
		return judgeOwnership(record, {
			self,
			alive: peers.alive(),
			isDead: (host) => peers.isDead(host),
			home: homeOf(record),
			now: clock.now(),
		});
	}

	function everybodyRuns(machineId: string): boolean {
		return peers.alive().every(({ machines }) => machines.includes(machineId));
	}

	function homeOf(record: ActorRecord): string | null {
		const context = record.snap.context;
		return isObject(context) ? (kinds.get(record.kind)?.home(context) ?? null) : null;
	}

	function homeOfLive(live: Live): string | null {
		return live.kind.home(live.snapshot.context as JsonObject);
	}
}

function answeredBefore(current: Stored | null, cmdId: string): Reply | null {
	const seen = current?.record.seen.find(([id]) => id === cmdId);
	return seen ? (seen[3] as unknown as Reply) : null;
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

const refusal = (thrown: unknown): Reply => ({ ok: false, error: toWire(thrown) });
