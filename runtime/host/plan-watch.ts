// Obeys the plan of this host: what the plan no longer has is stopped. A host that was judged dead while it was only asleep
// or cut off learns here that an app lives elsewhere now (V7).
import type { Driver } from '../../actors/drivers/driver.ts';
import type { HostPlan } from '../../actors/drivers/plan.ts';
import type { Clock } from '../engine/ports.ts';
import { repeat } from '../engine/repeat.ts';

export interface PlanWatchParts {
	clock: Clock;
	driver: Pick<Driver, 'units' | 'stop'>;
	/** Leader read; rejects while there is no leader. */
	readPlan(): Promise<HostPlan>;
	onStopped(instance: string): void;
	onFailure(thrown: unknown): void;
}

const EVERY_MS = 10_000;

/** What runs on and what was stopped because it lives elsewhere now or nowhere. */
export interface Obeyed {
	stopped: string[];
	kept: string[];
}

export interface PlanWatch {
	/** Looks now: after a freeze, after a lost connection. Null when the plan could not be read or obeyed. Never rejects. */
	look(): Promise<Obeyed | null>;
	stop(): void;
}

export function watchPlan({ clock, driver, readPlan, onStopped, onFailure }: PlanWatchParts): PlanWatch {
	const look = async (): Promise<Obeyed | null> => {
		try {
			return await obey(await readPlan());
		} catch (thrown) {
			// Without the plan nothing is started and nothing is stopped: running apps go on (C10).
			onFailure(thrown);
			return null;
		}
	};
	const obey = async (plan: HostPlan): Promise<Obeyed> => {
		const obeyed: Obeyed = { stopped: [], kept: [] };
		for (const { instance, status } of await driver.units()) {
			if (rounds.stopped() || status.state === 'stopped') continue;
			if (instance in plan.apps) {
				obeyed.kept.push(instance);
				continue;
			}
			await driver.stop(instance);
			onStopped(instance);
			obeyed.stopped.push(instance);
		}
		return obeyed;
	};
	const rounds = repeat({ clock, everyMs: EVERY_MS, look, onFailure });
	return { look, stop: rounds.stop };
}
