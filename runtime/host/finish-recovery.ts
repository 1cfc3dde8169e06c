// After a recovery: the actors of the hosts that were left behind are told that those are forgotten, so that everybody sees it and
// their apps say where their data is. Level-triggered, and over when all of them agree.
import { joinedAt } from '../../actors/members.ts';
import { hostRef } from '../../machines/host/contract.ts';
import { isGone, standingOf } from '../../machines/host/standing.ts';
import type { Engine } from '../engine/engine.ts';
import { CoveyError } from '../engine/errors.ts';
import type { Clock, Command, Documents } from '../engine/ports.ts';
import { type ActorRecord, type ActorRef, refText } from '../engine/record.ts';
import { repeat } from '../engine/repeat.ts';

export interface FinishRecoveryParts {
	host: string;
	/** Left behind by the recovery. */
	forgotten: readonly string[];
	clock: Clock;
	documents: Documents;
	engine: Pick<Engine, 'index'>;
	/** A host that is still to be heard cannot be forgotten. */
	isDead(host: string): boolean;
	command(ref: ActorRef, command: Command): Promise<unknown>;
	/** All of them are forgotten, or members again. */
	onFinished(): void;
	onFailure(thrown: unknown): void;
}

const EVERY_MS = 2_000;
/** Adopted a moment later, asked twice, no leader yet: the next look sees. */
const PASSING: ReadonlySet<string> = new Set([
	'NO_ANSWER',
	'TIMEOUT',
	'NOT_ALLOWED_NOW',
	'ACTOR_MOVED',
	'NO_QUORUM',
	'STORE_UNAVAILABLE',
]);

export function finishRecovery(parts: FinishRecoveryParts): { stop(): void } {
	const { host, clock, engine } = parts;

	const isOver = async (name: string, record: ActorRecord | undefined): Promise<boolean> =>
		record === undefined || isGone(standingOf(record)) || (await joinedAt(parts.documents, name)) !== null;
	const forget = async (name: string, { seq }: ActorRecord): Promise<void> => {
		// Each attempt is a new command: the one before may have failed.
		const cmdId = `recovered-${name}-${seq}`.slice(-64);
		await parts.command(hostRef(name), { cmdId, type: 'host.forget', force: true, by: `host:${host}` });
	};
	const report = (thrown: unknown): void => {
		if (!(thrown instanceof CoveyError && PASSING.has(thrown.code))) parts.onFailure(thrown);
	};
	const isDone = async (): Promise<boolean> => {
		let open = 0;
		for (const name of parts.forgotten) {
			const record = engine.index().get(refText(hostRef(name)))?.record;
			if (await isOver(name, record)) continue;
			open++;
			if (record?.view.can['host.forget'] === true && parts.isDead(name)) await forget(name, record).catch(report);
		}
		return open === 0;
	};
	const rounds = repeat({
		clock,
		everyMs: EVERY_MS,
		onFailure: report,
		async look() {
			if (!(await isDone())) return;
			parts.onFinished();
			rounds.stop();
		},
	});
	return rounds;
}
