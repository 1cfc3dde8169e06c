// The first record of a new actor. Any host may be asked; the record's first write decides.
import { commit } from './commit.ts';
import { betterOwner, type EngineState, everybodyRuns, isOvertaken } from './engine-state.ts';
import { CoveyError, toWire } from './errors.ts';
import type { Live } from './live.ts';
import type { Reply } from './ports.ts';
import { type ActorRecord, type ActorRef, type JsonObject, refText, type Stored } from './record.ts';
import { answeredBefore } from './seen.ts';
import { firstStep } from './step.ts';
import { newestAllowed } from './versions.ts';

export interface Creation {
	ref: ActorRef;
	input: JsonObject;
	cmdId: string;
	by: string;
}

type Begin = (live: Live, revision: number) => void;

/** `begin`: it is this host's from now on. Errors: NAME_TAKEN, UNKNOWN_KIND, BAD_REQUEST, ACTOR_MOVED, STORE_UNAVAILABLE. */
export async function createActor(state: EngineState, creation: Creation, begin: Begin): Promise<Reply> {
	try {
		return await create(state, creation, begin);
	} catch (thrown) {
		return { ok: false, error: toWire(thrown) };
	}
}

async function create(state: EngineState, creation: Creation, begin: Begin): Promise<Reply> {
	const { ref, input, cmdId, by } = creation;
	const { ports, self } = state;
	const kind = state.kinds.get(ref.kind);
	if (!kind) throw new CoveyError('UNKNOWN_KIND', `there is no kind of actor called ${ref.kind}`);
	if (state.phase !== 'open') throw new CoveyError('ACTOR_MOVED', `${self.host} is shutting down`);
	const before = await ports.store.read(ref);
	const answered = before && answeredBefore(before.record, cmdId);
	if (answered) return answered;
	assertFinished(before);
	const machine = newestAllowed(kind, everybodyRuns(state));
	const now = ports.clock.now();
	const first = firstStep(kind, machine, ref, input, { cmdId, by, owner: self, now, before: before?.record ?? null });
	const owner = betterOwner(state, first) ?? self;
	const record: ActorRecord = { ...first.record, owner, commit: ports.nextCommit() };
	const result = await commit(ports, record, before?.revision ?? 0);
	if (result.status === 'abandoned' || ports.ended())
		throw new CoveyError('ACTOR_MOVED', `${self.host} stopped before it knew the outcome`);
	if (result.status === 'lost') return afterLoss(state, creation, begin, result.current);
	const isNew = takeIn(state, { record, revision: result.revision });
	tellCreated(state, record);
	if (owner === self && isNew) begin({ ...first, record }, result.revision);
	return first.reply;
}

function afterLoss(state: EngineState, creation: Creation, begin: Begin, current: Stored | null): Reply | Promise<Reply> {
	const answered = current && answeredBefore(current.record, creation.cmdId);
	if (answered) return answered;
	// Another owner, or a refusal that was kept: the earlier one of that name is finished all the same.
	if (current && isFinished(current)) return create(state, creation, begin);
	throw new CoveyError('NAME_TAKEN', `${refText(creation.ref)} was made by somebody else just now`);
}

const isFinished = ({ record }: Stored): boolean => record.snap.status === 'done';

function assertFinished(before: Stored | null): void {
	if (!before || isFinished(before)) return;
	const { phase } = before.record.view;
	throw new CoveyError('NAME_TAKEN', `${refText(before.record)} exists already and is ${phase}`, { details: { phase } });
}

/** False: the watch was quicker than the store's answer, and it runs already, perhaps steps further. */
function takeIn(state: EngineState, stored: Stored): boolean {
	const key = refText(stored.record);
	const active = state.actors.get(key);
	if (isOvertaken(state, stored) || active?.live().record.epoch === stored.record.epoch) return false;
	active?.close(null);
	state.index.set(key, stored);
	return true;
}

function tellCreated({ ports }: EngineState, record: ActorRecord): void {
	ports.observe({
		type: 'step',
		actor: refText(record),
		seq: record.seq,
		event: String(record.last.event.type),
		from: '',
		to: record.view.phase,
		ms: ports.clock.now() - record.createdAt,
	});
}
