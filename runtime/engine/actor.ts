// One actor on the host that owns it: its mailbox, its commits, its timers and the pursuit of its effects.
//
// A1. Inputs are taken strictly one after another; each is stepped, committed, and only then answered (V1).
// A2. After `close` nothing leaves any more: no reply but ACTOR_MOVED, no order, no timer.
import { commit } from './commit.ts';
import { CoveyError, ERRORS, toWire, type WireError } from './errors.ts';
import type { Live } from './live.ts';
import { parseCommand } from './parse-command.ts';
import type { Bus, Cancel, Clock, Command, JobCompletion, Jobs, Observe, Reply, Rng, Store } from './ports.ts';
import { createPursuits } from './pursuits.ts';
import { type ActorRecord, type ActorRef, type Owner, refText, type Stored } from './record.ts';
import { answeredBefore, withRefusal } from './seen.ts';
import { type Input, step } from './step.ts';

/** Null: nothing. Rejects when it cannot be known; then the command is refused, too. */
export type Objection = (record: ActorRecord, command: Command) => Promise<CoveyError | null>;

export interface ActorPorts {
	self: Owner;
	clock: Clock;
	store: Store;
	bus: Bus;
	jobs: Jobs;
	rng: Rng;
	observe: Observe;
	/** A new unique text for each intended write. */
	nextCommit(): string;
	/** The owner this actor should have after the step, when that is another host that lives. */
	betterOwner(live: Live): Owner | null;
	/** Called once, when the actor is no longer this host's. */
	closed(ref: ActorRef, current: Stored | null): void;
	/** What stands against a command beyond its own actor, which the machine cannot see; asked before each new one that fits. */
	objection?: Objection;
	/** Called after each commit. */
	committed(stored: Stored): void;
}

export interface Actor {
	readonly ref: ActorRef;
	live(): Live;
	take(input: Input): Promise<Reply>;
	complete(completion: JobCompletion): Promise<boolean>;
	/** Gives the actor to its better owner, if it has one by now. */
	reconsiderOwner(): void;
	/** Clears the parking of a poisoned actor. */
	unpark(by: string): Promise<Reply>;
	/** Writes `owner: null`, so that another host adopts at once. */
	release(): Promise<void>;
	close(current: Stored | null): void;
}

type Task =
	| { type: 'input'; input: Input; answer: (reply: Reply) => void }
	| { type: 'owner'; owner: Owner | null; done: () => void }
	| { type: 'unpark'; by: string; answer: (reply: Reply) => void };

export function startActor(ports: ActorPorts, first: Live, firstRevision: number): Actor {
	const { clock } = ports;
	const ref: ActorRef = { kind: first.record.kind, id: first.record.id };
	let live = first;
	let revision = firstRevision;
	let closed = false;
	let working = false;
	const queue: Task[] = [];
	const timers = new Map<string, { token: number; cancel: Cancel }>();
	const pursuits = createPursuits({
		...ports,
		ref,
		record: () => live.record,
		finished: ({ key, token, host }, result) =>
			actor.take({ type: 'completion', key, token, result, by: `host:${host ?? ports.self.host}` }),
		verifyOwnership,
	});

	const stopServing = ports.bus.serve(ref, (payload) => answerCommand(payload));
	arm();
	pursuits.follow();

	const actor: Actor = {
		ref,
		live: () => live,
		take: (input) => new Promise((answer) => enqueue({ type: 'input', input, answer })),
		complete: async ({ key, token, result }) => {
			if (closed) return false;
			await actor.take({ type: 'completion', key, token, result, by: 'job' });
			return !closed;
		},
		reconsiderOwner: () => {
			const owner = closed ? null : ports.betterOwner(live);
			if (owner) enqueue({ type: 'owner', owner, done: () => {} });
		},
		unpark: (by) => new Promise((answer) => enqueue({ type: 'unpark', by, answer })),
		release: () => new Promise((done) => enqueue({ type: 'owner', owner: null, done })),
		close,
	};
	return actor;

	async function answerCommand(payload: unknown): Promise<Reply> {
		const parsed = parseCommand(live.kind, payload);
		if ('error' in parsed) return { ok: false, error: toWire(parsed.error) };
		if (live.record.parked && parsed.command.type === 'actor.unpark') return actor.unpark(parsed.command.by);
		return actor.take({ type: 'command', command: parsed.command });
	}

	function enqueue(task: Task): void {
		queue.push(task);
		if (!working) void work();
	}

	async function work(): Promise<void> {
		working = true;
		for (let task = queue.shift(); task; task = queue.shift()) {
			if (closed) refuse(task);
			else if (task.type === 'input') await doInput(task.input, task.answer);
			else if (task.type === 'owner') await changeOwner(task.owner, task.done);
			else await doUnpark(task.answer);
		}
		working = false;
	}

	async function doInput(input: Input, answer: (reply: Reply) => void): Promise<void> {
		const began = clock.now();
		if (live.record.parked) return refuseParked(input, answer);
		const outcome = step(live, input, began);
		switch (outcome.status) {
			case 'duplicate':
				return answer(outcome.reply);
			case 'stale':
				ports.observe({ type: 'staleDropped', actor: refText(ref), event: input.type });
				return answer({ ok: true, seq: live.record.seq, phase: live.record.view.phase });
			case 'rejected':
				ports.observe({ type: 'rejected', actor: refText(ref), event: input.type, code: outcome.error.code });
				return refuseTruly(input, outcome.error, answer);
			case 'poisoned':
				if (await write({ ...live, record: { ...live.record, parked: { reason: outcome.reason, since: began } } }))
					ports.observe({ type: 'parked', actor: refText(ref), reason: outcome.reason });
				return answer(closed ? moved() : { ok: false, error: parkedError() });
			case 'stepped': {
				const objection = await objectionTo(input);
				if (objection) return refuseTruly(input, toWire(objection), answer);
				const owner = ports.betterOwner(outcome.next);
				const next = owner ? withOwner(outcome.next, owner) : outcome.next;
				if (!(await write(next))) return answer(moved());
				const { last, seq } = live.record;
				ports.observe({
					type: 'step',
					actor: refText(ref),
					seq,
					event: String(last.event.type),
					from: last.from,
					to: last.to,
					ms: clock.now() - began,
				});
				answer(outcome.reply);
				if (owner) return leaveTo(owner);
				pursuits.callOff(outcome.ended);
				arm();
				pursuits.follow();
			}
		}
	}

	async function objectionTo(input: Input): Promise<unknown> {
		if (input.type !== 'command' || !ports.objection) return null;
		return ports.objection(live.record, input.command).catch((thrown: unknown) => thrown);
	}

	function refuseParked(input: Input, answer: (reply: Reply) => void): void | Promise<void> {
		const before = input.type === 'command' ? answeredBefore(live.record, input.command.cmdId) : null;
		return before ? answer(before) : refuseTruly(input, parkedError(), answer);
	}

	/**
	 * A zombie must not refuse from its memory. And where the command was sent before, an earlier copy may still be under way, which
	 * might be allowed by the time it arrives: it has to find the refusal.
	 */
	async function refuseTruly(input: Input, error: WireError, answer: (reply: Reply) => void): Promise<void> {
		const refusal: Reply = { ok: false, error };
		const isFinal = !ERRORS[error.code].retry && !live.record.parked;
		if (input.type === 'command' && input.command.repeat && isFinal) {
			const noted = await write({ ...live, record: withRefusal(live.record, input.command.cmdId, clock.now(), refusal) });
			return answer(noted ? refusal : moved());
		}
		try {
			const current = await ports.store.read(ref);
			if (!closed && (current?.revision ?? 0) > revision) close(current);
			answer(closed ? moved() : refusal);
		} catch (thrown) {
			answer(closed ? moved() : { ok: false, error: toWire(thrown, 'STORE_UNAVAILABLE') });
		}
	}

	async function changeOwner(owner: Owner | null, done: () => void): Promise<void> {
		// The wish is as old as the queue was long: look again.
		const wanted = owner === null ? null : ports.betterOwner(live);
		if ((owner === null || wanted) && (await write(withOwner(live, wanted)))) leaveTo(wanted);
		done();
	}

	async function doUnpark(answer: (reply: Reply) => void): Promise<void> {
		const { parked: _parked, ...record } = live.record;
		if (!(await write({ ...live, record: { ...record, recoveries: [] } }))) return answer(moved());
		answer({ ok: true, seq: live.record.seq, phase: live.record.view.phase });
		arm();
		pursuits.follow();
	}

	/** True when committed; else the actor is closed. */
	async function write(next: Live): Promise<boolean> {
		const record: ActorRecord = { ...next.record, commit: ports.nextCommit() };
		const result = await commit({ ...ports, ended: () => closed }, record, revision);
		if (result.status === 'committed' && !closed) {
			live = { ...next, record };
			revision = result.revision;
			ports.committed({ record, revision });
			return true;
		}
		if (result.status === 'lost') {
			ports.observe({ type: 'lostOwnership', actor: refText(ref), epoch: live.record.epoch });
			close(result.current);
		}
		return false;
	}

	function leaveTo(owner: Owner | null): void {
		ports.observe({ type: 'handedOver', actor: refText(ref), epoch: live.record.epoch, to: owner?.host ?? 'anyone' });
		close({ record: live.record, revision });
	}

	function close(current: Stored | null): void {
		if (closed) return;
		closed = true;
		stopServing();
		for (const timer of timers.values()) timer.cancel();
		pursuits.end();
		timers.clear();
		for (const task of queue.splice(0)) refuse(task);
		ports.closed(ref, current);
	}

	function arm(): void {
		const wanted = closed || live.record.parked ? {} : live.record.timers;
		for (const [id, timer] of timers) {
			if (wanted[id]?.token === timer.token) continue;
			timer.cancel();
			timers.delete(id);
		}
		for (const [id, { token, at }] of Object.entries(wanted)) if (!timers.has(id)) armOne(id, token, at);
	}

	function armOne(id: string, token: number, at: number): void {
		const cancel = clock.after(Math.max(0, at - clock.now()), () => {
			timers.delete(id);
			// Clocks can be set back while we wait.
			if (clock.now() < at) armOne(id, token, at);
			else void actor.take({ type: 'timer', id, token });
		});
		timers.set(id, { token, cancel });
	}

	/** A host has seen a higher epoch than ours: somebody adopted this actor while we slept. */
	async function verifyOwnership(): Promise<void> {
		const current = await ports.store.read(ref).catch(() => undefined);
		if (closed || current === undefined) return;
		if (current === null || current.record.epoch > live.record.epoch) close(current);
	}

	function parkedError(): WireError {
		const reason = live.record.parked?.reason ?? 'unknown';
		return toWire(new CoveyError('ACTOR_PARKED', `${refText(ref)} is parked: ${reason}`));
	}

	function moved(): Reply {
		return { ok: false, error: toWire(new CoveyError('ACTOR_MOVED', `${refText(ref)} is owned by another host now`)) };
	}

	function refuse(task: Task): void {
		if (task.type === 'owner') task.done();
		else task.answer(moved());
	}
}

function withOwner(live: Live, owner: Owner | null): Live {
	return { ...live, record: { ...live.record, owner, epoch: live.record.epoch + 1 } };
}
