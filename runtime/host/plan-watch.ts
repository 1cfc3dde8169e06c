// Obeys the plan of this host: what the plan no longer has is stopped. A host that was judged dead while it was only asleep
// or cut off learns here that an app lives elsewhere now (V7).
import type { Driver } from '../../actors/drivers/driver.ts';
import type { HostPlan } from '../../actors/drivers/plan.ts';
import type { Clock } from '../engine/ports.ts';

export interface PlanWatchParts {
	clock: Clock;
	driver: Pick<Driver, 'units' | 'stop'>;
	/** Leader read; rejects while there is no leader. */
	readPlan(): Promise<HostPlan>;
	onStopped(instance: string): void;
}

const EVERY_MS = 10_000;

/** What runs on and what was stopped because it lives elsewhere now or nowhere. */
export interface Obeyed {
	stopped: string[];
	kept: string[];
}

export interface PlanWatch {
	/** Looks now: after a freeze, after a lost connection. Null while the plan cannot be read. */
	look(): Promise<Obeyed | null>;
	stop(): void;
}

export function watchPlan(parts: PlanWatchParts): PlanWatch {
	let stopped = false;
	let next = () => {};
	const look = async (): Promise<Obeyed | null> => {
		const obeyed: Obeyed = { stopped: [], kept: [] };
		try {
			const plan = await parts.readPlan();
			for (const { instance, status } of await parts.driver.units()) {
				if (stopped || status.state === 'stopped') continue;
				if (instance in plan.apps) {
					obeyed.kept.push(instance);
					continue;
				}
				await parts.driver.stop(instance);
				parts.onStopped(instance);
				obeyed.stopped.push(instance);
			}
			return obeyed;
		} catch {
			// Without the plan nothing is started and nothing is stopped: running apps go on (C10).
			return null;
		}
	};
	const round = async (): Promise<void> => {
		await look();
		if (!stopped) next = parts.clock.after(EVERY_MS, () => void round());
	};
	next = parts.clock.after(EVERY_MS, () => void round());
	return {
		look,
		stop: () => {
			stopped = true;
			next();
		},
	};
}
