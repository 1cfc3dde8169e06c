// Planted defects around the bus, the jobs, the clock and the journal.
import type { Reply } from '../../runtime/engine/ports.ts';
import { type ActorRecord, refText } from '../../runtime/engine/record.ts';
import type { Journal } from '../../runtime/host/journal.ts';
import type { Life } from './life.ts';
import type { Ports } from './sim-host.ts';

/** The record is on its way to the store when its effects are already ordered. */
export function ordersBeforeCommit(ports: Ports, life: Life): Ports {
	const order = (record: ActorRecord) => {
		for (const { key, token, src, input, host } of Object.values(record.effects)) {
			const actor = { kind: record.kind, id: record.id };
			ports.jobs
				.order({ key, actor, epoch: record.epoch, token, effect: src, input, host: host ?? life.host, owner: life.host })
				.catch(() => undefined);
		}
	};
	return onPut(ports, order);
}

/** Every delivery looks like a new command to the engine. */
export function noDedupe(ports: Ports): Ports {
	let deliveries = 0;
	const plain = (record: ActorRecord): ActorRecord => ({
		...record,
		seen: record.seen.map(([cmdId, seq, at, reply]) => [cmdId.split('~')[0] ?? '', seq, at, reply]),
	});
	return {
		...ports,
		bus: {
			serve: (ref, answer) =>
				ports.bus.serve(ref, (payload) => {
					const command = payload as { cmdId: string };
					return answer({ ...command, cmdId: `${command.cmdId}~${++deliveries}` });
				}),
		},
		store: { ...ports.store, put: (record, previous) => ports.store.put(plain(record), previous) },
	};
}

/** Whoever serves takes every command for one that is sent for the first time. */
export function forgetsRepeats(ports: Ports): Ports {
	const serve: Ports['bus']['serve'] = (ref, answer) =>
		ports.bus.serve(ref, (payload) => answer({ ...(payload as object), repeat: false }));
	return { ...ports, bus: { serve } };
}

/** A completion counts for whatever attempt of the effect is pending now. */
export function noTokenCheck(ports: Ports): Ports {
	const latest = new Map<string, ActorRecord>();
	const spoiled = onPut(ports, (record) => latest.set(refText(record), record));
	return {
		...spoiled,
		jobs: {
			...ports.jobs,
			onCompletion: (take) =>
				ports.jobs.onCompletion((completion) => {
					const pending = latest.get(refText(completion.actor))?.effects[completion.key.split('/')[2] ?? ''];
					return take(pending ? { ...completion, key: pending.key, token: pending.token } : completion);
				}),
		},
	};
}

/** The answer leaves while the write is still on its way. */
export function repliesBeforeCommit(ports: Ports): Ports {
	const waiting = new Map<string, (reply: Reply) => void>();
	const spoiled = onPut(ports, ({ seen }) => {
		const [cmdId, , , reply] = seen.at(-1) ?? [];
		if (cmdId !== undefined) waiting.get(cmdId)?.(reply as unknown as Reply);
	});
	return {
		...spoiled,
		bus: {
			serve: (ref, answer) =>
				ports.bus.serve(ref, (payload) => {
					const early = new Promise<Reply>((resolve) => waiting.set((payload as { cmdId: string }).cmdId, resolve));
					return Promise.race([early, answer(payload)]);
				}),
		},
	};
}

/** Waits take half their time, and the clock says that all of it is over. */
export function firesEarly(ports: Ports): Ports {
	let ahead = 0;
	return {
		...ports,
		clock: {
			now: () => ports.clock.now() + ahead,
			after: (ms, fn) =>
				ports.clock.after(ms / 2, () => {
					ahead = ms / 2;
					fn();
					ahead = 0;
				}),
		},
	};
}

/** An order whose answer is lost is never given again. */
export function ordersOnce(ports: Ports): Ports {
	return {
		...ports,
		jobs: { ...ports.jobs, order: (order) => ports.jobs.order(order).catch(() => new Promise<never>(() => {})) },
	};
}

export function retiresNothing(ports: Ports): Ports {
	return { ...ports, jobs: { ...ports.jobs, retire: async () => undefined } };
}

/** The host does not remember which epochs it has seen. */
export function forgetsEpochs(journal: Journal): Journal {
	return { ...journal, mark: () => null };
}

function onPut(ports: Ports, look: (record: ActorRecord) => void): Ports {
	return {
		...ports,
		store: {
			...ports.store,
			put(record, previous) {
				look(record);
				return ports.store.put(record, previous);
			},
		},
	};
}
