// Folds an actor's history through its machine again and compares: proof on real data that steps are pure.
import { transition } from 'xstate';
import { currentVersion, type Kind } from './kind.ts';
import type { ActorRecord, JsonObject, Stored } from './record.ts';
import { restore } from './versions.ts';

export interface Replayed {
	/** Steps that could be folded. */
	steps: number;
	/** Null when every step led to the recorded state. */
	difference: string | null;
}

/** `history` oldest first; it may begin in the middle of an actor's life. */
export function replay(kind: Kind, history: readonly Stored[]): Replayed {
	let steps = 0;
	let before: ActorRecord | null = null;
	for (const { record } of history) {
		if (before && record.seq === before.seq + 1 && canFold(before, record)) {
			const difference = foldOne(kind, before, record);
			if (difference) return { steps, difference };
			steps++;
		}
		before = record;
	}
	return { steps, difference: null };
}

/** A shortened event, a creation and a migration cannot be folded: they are not one step from the record before. */
function canFold(before: ActorRecord, record: ActorRecord): boolean {
	const { event } = record.last;
	return event.shortened !== true && before.machine.id === record.machine.id && event.type !== `${record.kind}.create`;
}

function foldOne(kind: Kind, before: ActorRecord, record: ActorRecord): string | null {
	const restored = restore(kind, before, (id) => id === before.machine.id || id === currentVersion(kind).machine.id);
	if (restored.status !== 'restored') return `seq ${record.seq}: the state before cannot be restored`;
	const { machine, snapshot } = restored.live;
	const [next] = transition(machine, snapshot, record.last.event as JsonObject & { type: string });
	const folded = JSON.stringify(stable(machine.getPersistedSnapshot(next)));
	return folded === JSON.stringify(stable(record.snap))
		? null
		: `seq ${record.seq}: ${String(record.last.event.type)} leads elsewhere than recorded`;
}

/** Key order does not matter, and what JSON drops is dropped. */
function stable(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(stable);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value)
			.filter(([, inner]) => inner !== undefined)
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([key, inner]) => [key, stable(inner)]),
	);
}
