// Tells installs that their host is gone for good, with the data on its disk. Level-triggered: told again until the actor agrees.
import { isGone, type Standing, standingsOf } from '../../machines/host/standing.ts';
import { InstallData, type InstallFact } from '../../machines/install/contract.ts';
import type { Engine } from '../engine/engine.ts';
import type { Clock } from '../engine/ports.ts';
import { type ActorRecord, refText } from '../engine/record.ts';
import { repeat } from '../engine/repeat.ts';

export interface LostDataParts {
	host: string;
	clock: Clock;
	engine: Pick<Engine, 'index' | 'owned' | 'tell'>;
	/** A host that is still to be heard is not gone yet. */
	isDead(host: string): boolean;
	onFailure(thrown: unknown): void;
}

const EVERY_MS = 2_000;
/** In the others it waits for nobody, or finds out by itself. */
const CONCERNED = new Set([
	'queued',
	'starting',
	'rollingBack',
	'running',
	'updating',
	'error',
	'stopping',
	'stopped',
	'removing',
	'unreachable',
]);

export function watchLostData({ host, clock, engine, isDead, onFailure }: LostDataParts): { stop(): void } {
	const look = (): void => {
		const index = engine.index();
		const standings = standingsOf([...index.values()].map(({ record }) => record));
		for (const ref of engine.owned()) {
			const stored = index.get(refText(ref));
			const fact = stored && factFor(stored.record, standings, isDead);
			if (fact) void engine.tell(ref, fact, `host:${host}`);
		}
	};
	return repeat({ clock, everyMs: EVERY_MS, look, onFailure });
}

/** Null when the install's host is a member, or the install knows already. Pure. */
export function factFor(
	{ kind, view }: Pick<ActorRecord, 'kind' | 'view'>,
	standings: ReadonlyMap<string, Standing>,
	isDead: (host: string) => boolean,
): Extract<InstallFact, { type: 'host.forgotten' }> | null {
	if (kind !== 'install' || !CONCERNED.has(view.phase)) return null;
	const { data } = InstallData.safeParse(view.data);
	if (!data?.host || data.failure?.code === 'HOST_FORGOTTEN') return null;
	const standing = standings.get(data.host);
	if (!standing || !isGone(standing) || !isDead(data.host)) return null;
	const how = standing.phase === 'left' ? 'left' : 'forgotten';
	return { type: 'host.forgotten', host: data.host, how, departedAt: standing.departedAt ?? 0 };
}
