// Keeps each install actor of this host in step with what its units really do. Level-triggered: what is told is the present
// state, again and again until the actor's phase agrees, so a lost message or a restart loses nothing.
import type { UnitState, UnitStatus } from '../../actors/drivers/driver.ts';
import type { InstallFact } from '../../machines/install/contract.ts';
import type { Engine } from '../engine/engine.ts';
import type { ErrorCode } from '../engine/errors.ts';
import type { Clock } from '../engine/ports.ts';
import { type JsonObject, refText } from '../engine/record.ts';
import { repeat } from '../engine/repeat.ts';

export interface AppWatchParts {
	host: string;
	clock: Clock;
	engine: Pick<Engine, 'index' | 'tell'>;
	units(): Promise<UnitStatus[]>;
	onUnit(listener: (status: UnitStatus) => void): () => void;
	onFailure(thrown: unknown): void;
}

const EVERY_MS = 2_000;

export function watchApps(parts: AppWatchParts): { stop(): void } {
	const tell = (status: UnitStatus): void => {
		const ref = { kind: 'install', id: status.instance };
		const stored = parts.engine.index().get(refText(ref));
		const fact = stored && factFor(status, stored.record.view.phase, parts.host);
		// Refused when the actor is owned elsewhere or has moved on: the next round looks again.
		if (fact) void parts.engine.tell(ref, fact as JsonObject & InstallFact, `host:${parts.host}`);
	};
	const unlisten = parts.onUnit(tell);
	const rounds = repeat({
		clock: parts.clock,
		everyMs: EVERY_MS,
		firstMs: 0,
		look: async () => (await parts.units()).forEach(tell),
		onFailure: parts.onFailure,
	});
	return {
		stop() {
			unlisten();
			rounds.stop();
		},
	};
}

/** What the actor should be told, or null when its phase and the unit agree. Pure. */
export function factFor({ status }: UnitStatus, phase: string, host: string): InstallFact | null {
	if (phase === 'error') return inError(status, host);
	if (phase !== 'running') return null;
	switch (status.state) {
		case 'failed':
			return { type: 'app.failed', host, reason: status.reason, ...known(status.code) };
		case 'waiting':
			return { type: 'app.unhealthy', host, reason: `${status.reason}; it starts again by itself.`, ...known(status.code) };
		case 'running':
			return status.healthy === false ? { type: 'app.unhealthy', host, reason: 'Its health check fails.' } : null;
		case 'stopped':
			return { type: 'app.failed', host, reason: 'It is not running.' };
		default:
			return null;
	}
}

/** Refused where the actor knows it already. */
function inError(status: UnitState, host: string): InstallFact | null {
	if (status.state === 'running') return status.healthy === true ? { type: 'app.recovered', host } : null;
	if (status.state !== 'failed' && status.state !== 'waiting') return null;
	const { code } = known(status.code);
	return code === undefined ? null : { type: 'app.failed', host, reason: status.reason, code };
}

/** Codes that ask for something else than a look at the logs. */
const TOLD: ReadonlySet<ErrorCode> = new Set(['NEVER_EMPTY']);

const known = (code: ErrorCode | undefined): { code?: ErrorCode } => (code !== undefined && TOLD.has(code) ? { code } : {});
