// One actor on the host that owns it: its mailbox, its commits, its timers and the pursuit of its effects.
//
// A1. Inputs are taken strictly one after another; each is stepped, committed, and only then answered (V1).
// A2. After `close` nothing leaves any more: no reply but ACTOR_MOVED, no order, no timer.
import { commit, pause } from './commit.ts';
import { CoveyError, toWire } from './errors.ts';
import type { Live } from './live.ts';
import { parseCommand } from './parse-command.ts';
import type {
	Bus,
	Cancel,
	Clock,
	Command,
	JobAnswer,
	JobCompletion,
	JobOrder,
	Jobs,
	Observe,
	Reply,
	Rng,
	Store,
} from './ports.ts';
import { newPursuit, type Pursuit } from './pursuit.ts';
import { type ActorRecord, type ActorRef, type Owner, type PendingEffect, refText, type Stored } from './record.ts';
import { type EndedEffect, type Input, step } from './step.ts';

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

const RECHECK_MS = 5_000;
const ORDER_WAIT_FIRST_MS = 200;
const ORDER_WAIT_LONGEST_MS = 5_000;
const RETIRE_TRIES = 8;

export function startActor(ports: ActorPorts, first: Live, firstRevision: number): Actor {
	const { clock, jobs } = ports;
	const ref: ActorRef = { kind: first.record.kind, id: first.record.id };
	let live = first;
	let revision = firstRevision;
	let closed = false;
	let working = false;
	const queue: Task[] = [];
	const timers = new Map<string, { token: number; cancel: Cancel }>();
	const pursuits = new Map<string, Pursuit>();

	const stopServing = ports.bus.serve(ref, (payload) => answerCommand(payload));
	arm();
	dispatch();

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
		if (live.record.parked) return parsed.command.type === 'actor.unpark' ? actor.unpark(parsed.command.by) : parkedReply();
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
		if (live.record.parked) return refuseTruly(parkedReply(), answer);
		const outcome = step(live, input, began);
		switch (outcome.status) {
			case 'duplicate':
				return answer(outcome.reply);
			case 'stale':
				ports.observe({ type: 'staleDropped', actor: refText(ref), event: input.type });
				return answer({ ok: true, seq: live.record.seq, phase: live.record.view.phase });
			case 'rejected':
				ports.observe({ type: 'rejected', actor: refText(ref), event: input.type, code: outcome.error.code });
				return refuseTruly({ ok: false, error: outcome.error }, answer);
			case 'poisoned':
				if (await write({ ...live, record: { ...live.record, parked: { reason: outcome.reason, since: began } } }))
					ports.observe({ type: 'parked', actor: refText(ref), reason: outcome.reason });
				return answer(closed ? moved() : parkedReply());
			case 'stepped': {
				const objection = await objectionTo(input);
				if (objection) return refuseTruly({ ok: false, error: toWire(objection) }, answer);
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
				retire(outcome.ended);
				arm();
				dispatch();
			}
		}
	}

	async function objectionTo(input: Input): Promise<unknown> {
		if (input.type !== 'command' || !ports.objection) return null;
		return ports.objection(live.record, input.command).catch((thrown: unknown) => thrown);
	}

	/** A refusal commits nothing that would prove this host the owner: a zombie must not refuse from its memory. */
	async function refuseTruly(refusal: Reply, answer: (reply: Reply) => void): Promise<void> {
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
		dispatch();
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
		for (const pursuit of pursuits.values()) pursuit.end();
		timers.clear();
		pursuits.clear();
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

	function dispatch(): void {
		const wanted = closed || live.record.parked ? {} : live.record.effects;
		for (const [key, pursuit] of pursuits) {
			if (Object.values(wanted).some((effect) => effect.key === key)) continue;
			pursuit.end();
			pursuits.delete(key);
		}
		for (const effect of Object.values(wanted)) {
			if (pursuits.has(effect.key)) continue;
			const pursuit = newPursuit(clock);
			pursuits.set(effect.key, pursuit);
			void pursue(effect, pursuit);
		}
	}

	/** Asks the host again and again until the result is in the mailbox: hosts die, answers get lost (V5). */
	async function pursue(effect: PendingEffect, pursuit: Pursuit): Promise<void> {
		for (let wait = ORDER_WAIT_FIRST_MS; !pursuit.ended(); ) {
			const answer = await ask(orderOf(effect));
			if (pursuit.ended()) return;
			if (answer === 'unreachable') {
				await pursuit.wait(wait * (0.75 + ports.rng() / 2));
				wait = Math.min(wait * 2, ORDER_WAIT_LONGEST_MS);
			} else if (answer.status === 'refused') {
				await verifyOwnership();
				await pursuit.wait(ORDER_WAIT_LONGEST_MS);
			} else if (answer.status === 'running') {
				wait = ORDER_WAIT_FIRST_MS;
				await pursuit.wait(RECHECK_MS * (0.75 + ports.rng() / 2));
			} else {
				await actor.take({
					type: 'completion',
					key: effect.key,
					token: effect.token,
					result: answer,
					by: `host:${effect.host ?? ports.self.host}`,
				});
				return;
			}
		}
	}

	async function ask(order: JobOrder): Promise<JobAnswer | 'unreachable'> {
		try {
			return await jobs.order(order);
		} catch {
			// Unreachable or restarting: the machine's own timeout decides when that is too long.
			return 'unreachable';
		}
	}

	function orderOf(effect: PendingEffect): JobOrder {
		const { src, input, key, token } = effect;
		return {
			key,
			actor: ref,
			epoch: live.record.epoch,
			token,
			effect: src,
			input,
			host: effect.host ?? ports.self.host,
			owner: ports.self.host,
		};
	}

	/** A host has seen a higher epoch than ours: somebody adopted this actor while we slept. */
	async function verifyOwnership(): Promise<void> {
		const current = await ports.store.read(ref).catch(() => undefined);
		if (closed || current === undefined) return;
		if (current === null || current.record.epoch > live.record.epoch) close(current);
	}

	function retire(ended: EndedEffect[]): void {
		for (const host of new Set(ended.map(({ effect }) => effect.host ?? ports.self.host))) void retireOn(host);
	}

	async function retireOn(host: string): Promise<void> {
		for (
			let wait = ORDER_WAIT_FIRST_MS, tries = 0;
			!closed && tries < RETIRE_TRIES;
			wait = Math.min(wait * 2, ORDER_WAIT_LONGEST_MS), tries++
		) {
			try {
				const { epoch, effects, seq } = live.record;
				return await jobs.retire(
					host,
					ref,
					epoch,
					Object.values(effects).map(({ key }) => key),
					seq,
				);
			} catch {
				// A host that stays away asks by itself whether its jobs are still wanted when it returns.
				await pause(clock, wait);
			}
		}
	}

	function parkedReply(): Reply {
		const reason = live.record.parked?.reason ?? 'unknown';
		return { ok: false, error: toWire(new CoveyError('ACTOR_PARKED', `${refText(ref)} is parked: ${reason}`)) };
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
