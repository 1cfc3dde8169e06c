// An actor's history in rows a person can read: pure, from the records the bucket and the timeline stream kept.
import type { WireError } from '../engine/errors.ts';
import type { Note } from '../engine/ports.ts';
import type { ActorRecord, Stored } from '../engine/record.ts';
import type { ActorRow, StepRow } from './contract.ts';

/** Oldest first. Two records of one seq differ in owner, parking or a refusal that was kept, which is no row. */
export function stepRows(history: readonly Stored[]): StepRow[] {
	const rows: StepRow[] = [];
	let before: ActorRecord | null = null;
	for (const { record } of history) {
		const row = rowOf(record, before);
		if (row) rows.push(row);
		before = record;
	}
	return rows;
}

function rowOf(record: ActorRecord, before: ActorRecord | null): StepRow | null {
	const common = { seq: record.seq, epoch: record.epoch, owner: record.owner?.host ?? null };
	if (!before || record.seq !== before.seq) {
		const { last } = record;
		const { type, notes, error } = last.event as unknown as { type: string; notes?: Note[]; error?: WireError };
		return {
			...common,
			kind: 'step',
			at: last.at,
			event: type,
			from: last.from,
			to: last.to,
			by: last.by,
			notes: notes ?? [],
			error: error ? plain(error) : null,
		};
	}
	if (record.parked && !before.parked)
		return {
			...common,
			kind: 'parked',
			at: record.parked.since,
			event: `parked: ${record.parked.reason}`,
			from: record.view.phase,
			to: record.view.phase,
			by: 'engine',
			notes: [],
			error: null,
		};
	if (record.epoch === before.epoch) return null;
	const from = before.owner?.host ?? 'nobody';
	return {
		...common,
		kind: 'owner',
		at: record.recoveries.at(-1)?.[0] ?? record.last.at,
		event: `owner: ${from} → ${record.owner?.host ?? 'nobody'}`,
		from: record.view.phase,
		to: record.view.phase,
		by: `host:${record.owner?.host ?? from}`,
		notes: [],
		error: null,
	};
}

const plain = ({ code, message, next }: WireError) => ({ code, message, next });

export function actorRow(record: ActorRecord, knownMachines: ReadonlySet<string>): ActorRow {
	return {
		actor: `${record.kind}/${record.id}`,
		phase: record.view.phase,
		words: record.view.words,
		since: record.view.since,
		owner: record.owner?.host ?? null,
		epoch: record.epoch,
		seq: record.seq,
		machine: record.machine.id,
		parked: record.parked?.reason ?? null,
		known: knownMachines.has(record.machine.id),
		effects: Object.values(record.effects).map(({ src, host }) => ({ effect: src, host: host ?? record.owner?.host ?? null })),
		timers: Object.values(record.timers).map(({ event, at }) => ({ event: String(event.type), at })),
	};
}
