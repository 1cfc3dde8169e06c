// Sees that the actor of the voters exists and, on the host that owns it, that it decides anew when something has changed: joined
// hosts, voters that fell silent, ten minutes that are over. Level-triggered, so a lost message loses nothing.
import { surveyVoters } from '../../actors/survey-voters.ts';
import type { VotersKit } from '../../actors/voter-ops.ts';
import { type Choice, choose } from '../../machines/voters/choose.ts';
import type { Survey, VotersContext } from '../../machines/voters/context.ts';
import { votersRef } from '../../machines/voters/contract.ts';
import { considered } from '../../machines/voters/situation.ts';
import type { Engine } from '../engine/engine.ts';
import type { Clock } from '../engine/ports.ts';
import { type ActorRecord, refText } from '../engine/record.ts';
import { type Rounds, repeat } from '../engine/repeat.ts';

export interface VotersWatchParts {
	kit: VotersKit;
	clock: Clock;
	engine: Pick<Engine, 'index' | 'tell' | 'create'>;
	onFailure(thrown: unknown): void;
}

const EVERY_MS = 15_000;

/** `soon`: somebody joined or left. */
export function watchVoters({ kit, clock, engine, onFailure }: VotersWatchParts): Rounds {
	const by = `host:${kit.host}`;

	const look = async (): Promise<void> => {
		const record = engine.index().get(refText(votersRef))?.record;
		if (!record) return make();
		if (record.owner?.host !== kit.host) return;
		const due = isForsaken(record, kit.presence) || (isDecided(record) && isDue(record, await surveyVoters(kit), clock.now()));
		// Refused when it has moved on since: the next round looks again.
		if (due) await engine.tell(votersRef, { type: 'voters.due' }, by);
	};
	/** Several voters may try at once: one makes it, the others are told that it is there. */
	const make = async (): Promise<void> => {
		if (kit.voters.running().role !== 'voter') return;
		await engine.create(votersRef.kind, votersRef.id, { wanted: 3 }, { cmdId: `voters-${kit.host}`, by });
	};
	return repeat({ clock, everyMs: EVERY_MS, firstMs: 0, look, onFailure });
}

/** It waits for a host that is to become an ordinary one, and that host is not there any more. Pure. */
export function isForsaken({ view, snap }: ActorRecord, presence: VotersKit['presence']): boolean {
	const { choice } = snap.context as unknown as VotersContext;
	return view.phase === 'settling' && choice !== null && 'host' in choice && presence(choice.host) === 'offline';
}

const isDecided = ({ view }: ActorRecord): boolean => view.phase === 'steady' || view.phase === 'waiting';

/** Would it be decided otherwise now than it was? Pure. */
export function isDue(record: ActorRecord, { seen }: Survey, now: number): boolean {
	const context = record.snap.context as unknown as VotersContext;
	if (!seen) return true;
	return textOf(choose(considered(seen, context, now))) !== textOf(context.choice);
}

const textOf = (choice: Choice | null): string =>
	JSON.stringify(Object.entries(choice ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)));
