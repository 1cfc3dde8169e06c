// Planted defects around the store: how records are written and how they are taken over.
import type { PutOutcome } from '../../runtime/engine/ports.ts';
import { type ActorRecord, type PendingTimer, refText } from '../../runtime/engine/record.ts';
import { type Life, lifeText } from './life.ts';
import type { Ports } from './sim-host.ts';

/** The adopter writes the timers on, but runs none of them. */
export function noRearm(ports: Ports, life: Life): Ports {
	const timers = new Map<string, ActorRecord['timers']>();
	return {
		...onForeignRead(
			ports,
			life,
			(record) => {
				timers.set(refText(record), record.timers);
				return { ...record, timers: {} };
			},
			(record) => {
				const kept = timers.get(refText(record));
				timers.delete(refText(record));
				return kept ? { ...record, timers: kept } : record;
			},
		),
	};
}

export function noEpochBump(ports: Ports): Ports {
	return {
		...ports,
		store: { ...ports.store, put: (record, previous) => ports.store.put({ ...record, epoch: 1 }, previous) },
		jobs: {
			...ports.jobs,
			order: (order) => ports.jobs.order({ ...order, epoch: 1 }),
			retire: (host, actor, _epoch, live, seq) => ports.jobs.retire(host, actor, 1, live, seq),
		},
	};
}

export function handsOverInSameEpoch(ports: Ports, life: Life): Ports {
	const mine = lifeText(life);
	const given = (record: ActorRecord) => record.owner === null || lifeText(record.owner) !== mine;
	const put = (record: ActorRecord, previous: number) =>
		ports.store.put(given(record) && record.last.from !== '' ? { ...record, epoch: record.epoch - 1 } : record, previous);
	return { ...ports, store: { ...ports.store, put } };
}

/** On doubt the write is simply made again, on top of whatever is there. */
export function doubtMeansLost(ports: Ports): Ports {
	return overwriting(ports, 'unknown');
}

/** As nats-server 2.9: several writers win. */
export function everyPutWins(ports: Ports): Ports {
	return overwriting(ports, 'conflict');
}

export function restartsTimers(ports: Ports, life: Life): Ports {
	const restart = (timer: PendingTimer, last: number) => ({ ...timer, at: life.wall() + timer.at - last });
	return onForeignRead(ports, life, (record) => ({
		...record,
		timers: Object.fromEntries(Object.entries(record.timers).map(([id, timer]) => [id, restart(timer, record.last.at)])),
	}));
}

export function losesRing(ports: Ports, life: Life): Ports {
	return onForeignRead(ports, life, (record) => ({ ...record, seen: [] }));
}

function overwriting(ports: Ports, when: PutOutcome['status']): Ports {
	const { store } = ports;
	return {
		...ports,
		store: {
			...store,
			async put(record, previous) {
				const outcome = await store.put(record, previous);
				if (outcome.status !== when) return outcome;
				const current = await store.read(record).catch(() => null);
				return current ? store.put(record, current.revision) : outcome;
			},
		},
	};
}

/** Changes what is read of an actor that another process owns, and what is then written first. */
function onForeignRead(
	ports: Ports,
	life: Life,
	change: (record: ActorRecord) => ActorRecord,
	undo = (record: ActorRecord) => record,
): Ports {
	const mine = lifeText(life);
	const { store } = ports;
	return {
		...ports,
		store: {
			...store,
			async read(ref) {
				const stored = await store.read(ref);
				if (!stored || (stored.record.owner && lifeText(stored.record.owner) === mine)) return stored;
				return { ...stored, record: change(stored.record) };
			},
			put: (record, previous) => store.put(undo(record), previous),
		},
	};
}
